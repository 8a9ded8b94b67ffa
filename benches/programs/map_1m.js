function build(n) {
  const map = new Map();
  for (let i = 0; i < n; i++) map.set(i * 7, i);
  return map;
}

function total(map, n) {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += map.get(i * 7);
  return sum;
}

const [n, rounds] = process.argv.slice(2).map(Number);
let sum = 0;
for (let k = 0; k < rounds; k++) sum += total(build(n), n);
console.log(sum);
