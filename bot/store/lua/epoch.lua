-- Tell since when this very Redis process keeps what the bot is told. KEYS: epoch. ARGV: run_id
-- Returns {run_id of the one before, or '', since, read, now}: the second at which it was met first, the
-- same once Slack's history was read behind that, and the present one. Where nothing is known of an
-- earlier one there is nothing that could have been forgotten, and `since` is the beginning of time.
local time = redis.call('TIME')
local now = string.format('%d.%06d', time[1], time[2])
local known = redis.call('HMGET', KEYS[1], 'run_id', 'since', 'read')
if known[1] == ARGV[1] then return {'', known[2], known[3], now} end
if not known[1] then
  redis.call('HSET', KEYS[1], 'run_id', ARGV[1], 'since', '0', 'read', '0')
  return {'', '0', '0', now}
end
redis.call('HSET', KEYS[1], 'run_id', ARGV[1], 'since', now)
return {known[1], now, known[3], now}
