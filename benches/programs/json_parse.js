function weigh(value) {
  if (value === null) return 0;
  if (typeof value === "string") return value.length;
  if (typeof value === "number") return Number.isInteger(value) ? value : 0;
  if (typeof value === "boolean") return value ? 1 : 0;
  let sum = 1;
  for (const item of Array.isArray(value) ? value : Object.values(value)) sum += weigh(item);
  return sum;
}

console.log(weigh(JSON.parse(require("fs").readFileSync(process.argv[2], "utf8"))));
