function element(i, j) {
  return 1 / (((i + j) * (i + j + 1)) / 2 + i + 1);
}

function times(v, w) {
  for (let i = 0; i < w.length; i++) {
    let sum = 0;
    for (let j = 0; j < v.length; j++) sum += element(i, j) * v[j];
    w[i] = sum;
  }
}

function transposedTimes(v, w) {
  for (let i = 0; i < w.length; i++) {
    let sum = 0;
    for (let j = 0; j < v.length; j++) sum += element(j, i) * v[j];
    w[i] = sum;
  }
}

function dot(v, w) {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i] * w[i];
  return sum;
}

const n = Number(process.argv[2]);
const u = new Float64Array(n).fill(1), v = new Float64Array(n), w = new Float64Array(n);
for (let k = 0; k < 10; k++) {
  times(u, w);
  transposedTimes(w, v);
  times(v, w);
  transposedTimes(w, u);
}
console.log(Math.sqrt(dot(u, v) / dot(v, v)).toFixed(9));
