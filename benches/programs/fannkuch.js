function flip(p, last) {
  for (let i = 0, j = last; i < j; i++, j--) {
    const a = p[i];
    p[i] = p[j];
    p[j] = a;
  }
}

function flips(p) {
  let n = 0;
  for (let top = p[0]; top !== 0; top = p[0]) {
    flip(p, top);
    n++;
  }
  return n;
}

function rotate(p, r) {
  const top = p[0];
  for (let i = 0; i < r; i++) p[i] = p[i + 1];
  p[r] = top;
}

function reset(counts, r) {
  for (; r > 1; r--) counts[r - 1] = r;
}

function nextPermutation(p, counts, n) {
  for (let r = 1; r < n; r++) {
    rotate(p, r);
    if (--counts[r] > 0) return r;
  }
  return n;
}

const n = Number(process.argv[2]);
const p = new Int32Array(n).map((_, i) => i), work = new Int32Array(n), counts = new Int32Array(n);
reset(counts, n);
let odd = false, sum = 0, most = 0;
for (;;) {
  work.set(p);
  const f = flips(work);
  sum += odd ? -f : f;
  most = Math.max(most, f);
  const r = nextPermutation(p, counts, n);
  if (r === n) break;
  reset(counts, r);
  odd = !odd;
}
console.log(sum, most);
