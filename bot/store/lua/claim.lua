-- Take the lease of a thread that has a rank. KEYS: those of `thread.lua`
-- ARGV: thread lane_offset owner lease_ms control_only
-- Returns {} (somebody was faster, or there is nothing to do) or {fence, event_id, payload, tries, asker, told}: told
-- is the message of ours that says that the event waits, '?' for one that may be there, '' for none.
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
local fence = take_lease(ARGV[3], ARGV[4])
redis.call('HDEL', KEYS[2], 'place')
local tries = redis.call('HINCRBY', KEYS[2], 'tries:' .. id, 1)
local told = redis.call('HMGET', KEYS[2], 'told', 'told_ts')
return {fence, id, redis.call('HGET', KEYS[9], id) or '', tries, asker(), told[1] == id and (told[2] or '?') or ''}
