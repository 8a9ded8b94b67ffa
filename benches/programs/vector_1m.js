function build(n) {
  const vector = [];
  for (let i = 0; i < n; i++) vector.push(i);
  return vector;
}

const [n, rounds] = process.argv.slice(2).map(Number);
let sum = 0;
for (let k = 0; k < rounds; k++) sum += build(n).reduce((a, b) => a + b, 0);
console.log(sum);
