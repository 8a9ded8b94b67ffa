local function tree(depth)
  if depth == 0 then return {false, false} end
  return {tree(depth - 1), tree(depth - 1)}
end

local function nodes(tree)
  if not tree[1] then return 1 end
  return 1 + nodes(tree[1]) + nodes(tree[2])
end

local most = tonumber(arg[1])
local long_lived = tree(most)
print("stretch " .. nodes(tree(most + 1)))
for depth = 4, most, 2 do
  local count = 2 ^ (most - depth + 4)
  local sum = 0
  for _ = 1, count do sum = sum + nodes(tree(depth)) end
  print(string.format("%d of depth %d %d", count, depth, sum))
end
print("long-lived " .. nodes(long_lived))
