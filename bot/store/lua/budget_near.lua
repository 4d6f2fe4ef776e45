-- Find the budgets that are nearly used up, and who says so: the run that finds it first, however often it asks.
-- KEYS: the budgets.  ARGV: run part, then the limit that is set of each, where part is from what part on.
-- Returns how each budget stands of which this run tells people, {number, limit, spent}.
local told = {}
for i, key in ipairs(KEYS) do
  local found = redis.call('HMGET', key, 'spent', 'raised')
  local spent = tonumber(found[1] or '0')
  local limit = math.max(tonumber(ARGV[i + 2]), tonumber(found[2] or '0'))
  if spent > 0 and spent >= limit * tonumber(ARGV[2]) then
    redis.call('HSETNX', key, 'told', ARGV[1] .. ' ' .. string.format('%.0f', limit))
    local by, of = redis.call('HGET', key, 'told'):match('^(.*) (%d+)$')
    if by == ARGV[1] then told[#told + 1] = {tostring(i), of, string.format('%.0f', spent)} end
  end
end
return told
