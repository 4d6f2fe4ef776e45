-- Set aside what a request of a model may cost at most, if every budget it counts in has room for that.
-- KEYS: held, then the budgets.  ARGV: id most lasts_ms kept_ms, then the limit that is set of each budget.
-- Returns {} where it is held now, else how each budget stands: {limit, spent, held}.
-- What is held is let go by itself when no request can last any longer: whoever held it has died, or was never told.
local time = redis.call('TIME')
local now, most, held = time[1] * 1000 + math.floor(time[2] / 1000), tonumber(ARGV[2]), {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local till, amount, budgets = all[i + 1]:match('^(%d+) (%d+)\n(.*)$')
  if tonumber(till) <= now then
    redis.call('HDEL', KEYS[1], all[i])
  elseif all[i] ~= ARGV[1] then
    for budget in budgets:gmatch('[^\n]+') do held[budget] = (held[budget] or 0) + tonumber(amount) end
  end
end
local stands, has_room, names = {}, true, {}
for i = 2, #KEYS do
  local found = redis.call('HMGET', KEYS[i], 'spent', 'raised')
  local limit = math.max(tonumber(ARGV[i + 3]), tonumber(found[2] or '0'))
  local spent, waits = tonumber(found[1] or '0'), held[KEYS[i]] or 0
  if spent + waits + most > limit then has_room = false end
  stands[i - 1] = {string.format('%.0f', limit), string.format('%.0f', spent), string.format('%.0f', waits)}
  names[i - 1] = KEYS[i]
end
if not has_room then return stands end
local till = string.format('%.0f', now + ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], till .. ' ' .. ARGV[2] .. '\n' .. table.concat(names, '\n'))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {}
