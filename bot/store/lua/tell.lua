-- Take the lease of a thread whose message waits in line, only to say there that it takes long: once, until the
-- thread comes to rest. The message is not tried by that, and keeps its place.
-- KEYS: those of `thread.lua`.  ARGV: thread lane_offset owner lease_ms
-- Returns {} (it does not wait any more, or was told) or {fence, event_id, payload, 0, asker, ''}.
local rank = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not rank or tonumber(rank) >= 0 or band_of_head() ~= MESSAGE then return {} end
if redis.call('HEXISTS', KEYS[2], 'told') == 1 then return {} end
local id = redis.call('ZRANGE', KEYS[3], 0, 0)[1]
local fence = take_lease(ARGV[3], ARGV[4])
redis.call('HSET', KEYS[2], 'told', id, 'place', rank)
return {fence, id, redis.call('HGET', KEYS[9], id) or '', 0, asker(), ''}
