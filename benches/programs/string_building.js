function built(n) {
  let text = "";
  for (let i = 0; i < n; i++) text += "item " + i + ", ";
  return text;
}

function joined(n) {
  const items = [];
  for (let i = 0; i < n; i++) items.push("item " + i);
  return items.join(", ");
}

const [n, rounds] = process.argv.slice(2).map(Number);
let size = 0;
for (let k = 0; k < rounds; k++) size += Buffer.byteLength(built(n)) + joined(n).length;
console.log(size);
