const counts = new Map();
const text = require("fs").readFileSync(process.argv[2], "utf8");
for (const line of text.split("\n").slice(0, -1)) {
  for (const word of line.split(" ")) counts.set(word, (counts.get(word) || 0) + 1);
}
let all = 0;
for (const n of counts.values()) all += n;
console.log(`${counts.size} words, ${all} in all`);
const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
for (const [word, n] of sorted.slice(0, 10)) console.log(word, n);
