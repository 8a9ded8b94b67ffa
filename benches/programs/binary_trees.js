function tree(depth) {
  return depth === 0 ? [null, null] : [tree(depth - 1), tree(depth - 1)];
}

function nodes(tree) {
  return tree[0] === null ? 1 : 1 + nodes(tree[0]) + nodes(tree[1]);
}

const most = Number(process.argv[2]);
const longLived = tree(most);
console.log("stretch", nodes(tree(most + 1)));
for (let depth = 4; depth <= most; depth += 2) {
  const count = 1 << (most - depth + 4);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += nodes(tree(depth));
  console.log(`${count} of depth ${depth} ${sum}`);
}
console.log("long-lived", nodes(longLived));
