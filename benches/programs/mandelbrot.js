function escape(cr, ci, limit) {
  let zr = 0, zi = 0, i = 0;
  for (;;) {
    const r2 = zr * zr, i2 = zi * zi;
    if (i === limit || r2 + i2 > 4) return i;
    zi = 2 * zr * zi + ci;
    zr = r2 - i2 + cr;
    i++;
  }
}

function row(y, n, limit) {
  const ci = (2 * y) / n - 1;
  let steps = 0;
  for (let x = 0; x < n; x++) steps += escape((2 * x) / n - 1.5, ci, limit);
  return steps;
}

const [n, limit] = process.argv.slice(2).map(Number);
let steps = 0;
for (let y = 0; y < n; y++) steps += row(y, n, limit);
console.log(steps);
