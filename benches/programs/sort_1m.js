function numbers(n, seed) {
  const numbers = [];
  for (let i = 0, x = seed; i < n; i++, x = (x * 16807) % 2147483647) numbers.push(x);
  return numbers;
}

const [n, rounds] = process.argv.slice(2).map(Number);
let sum = 0;
for (let k = 1; k <= rounds; k++) {
  const sorted = numbers(n, k).sort((a, b) => a - b);
  sum += sorted[0] + sorted[n / 2];
}
console.log(sum);
