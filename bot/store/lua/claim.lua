-- Take the lease of a thread that has a rank. KEYS: those of `thread.lua`
-- ARGV: thread lane_offset owner lease_ms control_only
-- Returns {} (somebody was faster, or there is nothing to do) or {fence, event_id, payload, tries, asker}.
local rank = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not rank or tonumber(rank) >= 0 then return {} end
ring()
local band = band_of_head()
if not band then
  rest()
  return {}
end
if ARGV[5] == '1' and band > HOME then
  line_up(band, asker())
  return {}
end
local id = redis.call('ZRANGE', KEYS[3], 0, 0)[1]
local fence = math.max(tonumber(redis.call('HGET', KEYS[2], 'fence') or '0') + 1, now_us)
local lease = now_ms + tonumber(ARGV[4])
redis.call('HSET', KEYS[2], 'fence', string.format('%.0f', fence), 'owner', ARGV[3], 'lease', lease)
redis.call('ZADD', KEYS[1], lease, ARGV[1])
local tries = redis.call('HINCRBY', KEYS[2], 'tries:' .. id, 1)
return {string.format('%.0f', fence), id, redis.call('HGET', KEYS[9], id) or '', tries, asker()}
