-- Tell since when this very Redis process keeps what the bot is told. KEYS: epoch. ARGV: lived_before
-- Returns {run_id of the one before, or '', since, read, now, restored}: the second at which it was met first, the
-- same once Slack's history was read behind that, the present one, and that of a restore from a backup, 0 for none. Where nothing is known of an
-- earlier one there is nothing that could have been forgotten, and `since` is the beginning of time: unless
-- something outside of Redis shows that the bot lived before, as one does that serves; then all of it was.
local time = redis.call('TIME')
local now = string.format('%d.%06d', time[1], time[2])
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local known = redis.call('HMGET', KEYS[1], 'run_id', 'since', 'read', 'restored')
if known[1] == run_id then return {'', known[2], known[3], now, known[4] or '0'} end
if not known[1] then
  local since = ARGV[1] == '1' and now or '0'
  redis.call('HSET', KEYS[1], 'run_id', run_id, 'since', since, 'read', '0')
  return {'', since, '0', now, '0'}
end
redis.call('HSET', KEYS[1], 'run_id', run_id, 'since', now)
return {known[1], now, known[3], now, known[4] or '0'}
