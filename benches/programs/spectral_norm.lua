local function element(i, j)
  return 1 / ((i + j) * (i + j + 1) / 2 + i + 1)
end

local function times(v, w, n)
  for i = 0, n - 1 do
    local sum = 0.0
    for j = 0, n - 1 do sum = sum + element(i, j) * v[j] end
    w[i] = sum
  end
end

local function transposed_times(v, w, n)
  for i = 0, n - 1 do
    local sum = 0.0
    for j = 0, n - 1 do sum = sum + element(j, i) * v[j] end
    w[i] = sum
  end
end

local function dot(v, w, n)
  local sum = 0.0
  for i = 0, n - 1 do sum = sum + v[i] * w[i] end
  return sum
end

local n = tonumber(arg[1])
local u, v, w = {}, {}, {}
for i = 0, n - 1 do u[i], v[i], w[i] = 1.0, 0.0, 0.0 end
for _ = 1, 10 do
  times(u, w, n)
  transposed_times(w, v, n)
  times(v, w, n)
  transposed_times(w, u, n)
end
print(string.format("%.9f", math.sqrt(dot(u, v, n) / dot(v, v, n))))
