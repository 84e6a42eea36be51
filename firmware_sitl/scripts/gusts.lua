-- Gusts for ArduCopter SITL: writes SIM_WIND_SPD and SIM_WIND_DIR ten times in a second of vehicle time
-- from two first-order series about the mean wind that these parameters hold when the script starts, or that
-- somebody else has written into them since (SIM_WIND_TURB is no gust model). Scale length: MIL-F-8785C at 10 m.
-- There is no vertical gust.
local INTENSITY = 0.0 -- set by dfr
local SEED = 1 -- set by dfr
local LENGTH_M, PERIOD_S = 67.4, 0.1
local CROSS = 0.8

local mean, from
local told_speed, told_direction
local along, cross = 0.0, 0.0

-- a generator of its own, so that equal seeds give equal gusts (Park and Miller 1988)
local state = SEED % 2147483646 + 1
local function uniform()
  state = 48271 * (state % 44488) - 3399 * (state // 44488) -- Schrage: ArduPilot's integers have 32 bits
  if state < 0 then state = state + 2147483647 end
  return state / 2147483647
end

local function normal()
  return math.sqrt(-2.0 * math.log(uniform())) * math.cos(2.0 * math.pi * uniform())
end

for _ = 1, 20 do uniform() end
along, cross = normal(), normal()

local function differs(a, b)
  return not b or math.abs(a - b) > 0.01
end

local function update()
  local speed, direction = param:get('SIM_WIND_SPD'), param:get('SIM_WIND_DIR')
  if differs(speed, told_speed) then mean = speed end
  if differs(direction, told_direction) then from = math.rad(direction) end
  local keep = math.exp(-math.max(mean, 1.0) * PERIOD_S / LENGTH_M)
  local new = math.sqrt(1.0 - keep * keep)
  along, cross = keep * along + new * normal(), keep * cross + new * normal()
  local u = mean * (1.0 + INTENSITY * along)
  local v = mean * INTENSITY * CROSS * cross
  local north = -u * math.cos(from) + v * math.sin(from)
  local east = -u * math.sin(from) - v * math.cos(from)
  told_speed = math.sqrt(north * north + east * east)
  told_direction = math.deg(math.atan(-east, -north)) % 360
  param:set('SIM_WIND_SPD', told_speed)
  param:set('SIM_WIND_DIR', told_direction)
  return update, 1000 * PERIOD_S
end

return update, 1000
