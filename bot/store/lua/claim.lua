-- Take the lease of one due thread. KEYS: due row inbox timers events (of the thread in ARGV[1])
-- ARGV: thread owner lease_ms control_offset.  Timers that are due join the inbox first.
-- Returns {} (not due, or nothing to do) or {fence, event_id, payload, tries}.
local now = redis.call('TIME')
local now_us = now[1] * 1000000 + now[2]
local now_ms = math.floor(now_us / 1000)
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not due or tonumber(due) > now_ms then return {} end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now_ms)) do
  redis.call('ZADD', KEYS[3], string.format('%.0f', tonumber(ARGV[4]) + now_us), id)
  redis.call('ZREM', KEYS[4], id)
end
local id = redis.call('ZRANGE', KEYS[3], 0, 0)[1]
if not id then
  local timer = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
  if timer[1] then redis.call('ZADD', KEYS[1], timer[2], ARGV[1])
  else redis.call('ZREM', KEYS[1], ARGV[1]) end
  return {}
end
local fence = math.max(tonumber(redis.call('HGET', KEYS[2], 'fence') or '0') + 1, now_us)
local lease = now_ms + tonumber(ARGV[3])
redis.call('HSET', KEYS[2], 'fence', string.format('%.0f', fence), 'owner', ARGV[2], 'lease', lease)
redis.call('ZADD', KEYS[1], lease, ARGV[1])
local tries = redis.call('HINCRBY', KEYS[2], 'tries:' .. id, 1)
return {string.format('%.0f', fence), id, redis.call('HGET', KEYS[5], id) or '', tries}
