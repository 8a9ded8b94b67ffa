local function escape(cr, ci, limit)
  local zr, zi, i = 0.0, 0.0, 0
  while true do
    local r2, i2 = zr * zr, zi * zi
    if i == limit or r2 + i2 > 4.0 then return i end
    zi = 2.0 * zr * zi + ci
    zr = r2 - i2 + cr
    i = i + 1
  end
end

local n, limit = tonumber(arg[1]), tonumber(arg[2])
local steps = 0
for y = 0, n - 1 do
  local ci = 2.0 * y / n - 1.0
  for x = 0, n - 1 do steps = steps + escape(2.0 * x / n - 1.5, ci, limit) end
end
print(string.format("%d", steps))
