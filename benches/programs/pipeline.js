function total(n) {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = i + 1;
    if (x % 2 !== 0) sum += x * 3;
  }
  return sum;
}

const [n, rounds] = process.argv.slice(2).map(Number);
let sum = 0n;
for (let k = 0; k < rounds; k++) sum += BigInt(total(n));
console.log(String(sum / BigInt(rounds)));
