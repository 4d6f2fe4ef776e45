-- Read whole keys of one slot as they are at one moment. KEYS: due askers alarms, then what is read.
-- ARGV: a thread whose place in line is told, '' for none; which of those keys must be as it was read before, 0 for
-- none, and the SHA-1 of that, '' where it was absent. Returns {} where it is not; else {due, asker, alarm}, '' for
-- what there is none of, and for each key its type, until which millisecond of Unix time it is kept (0: for good)
-- and what it holds.
local pinned = tonumber(ARGV[2])
if pinned > 0 then
  local read = redis.call('GET', KEYS[3 + pinned])
  if (read and redis.sha1hex(read) or '') ~= ARGV[3] then return {} end
end
local READ = {
  string = function(key) return {redis.call('GET', key)} end,
  hash = function(key) return redis.call('HGETALL', key) end,
  list = function(key) return redis.call('LRANGE', key, 0, -1) end,
  zset = function(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end,
}
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
local due, alarm = redis.call('ZSCORE', KEYS[1], ARGV[1]), redis.call('ZSCORE', KEYS[3], ARGV[1])
local found = {{due or '', redis.call('HGET', KEYS[2], ARGV[1]) or '', alarm or ''}}
for i = 4, #KEYS do
  local kind, left = redis.call('TYPE', KEYS[i]).ok, redis.call('PTTL', KEYS[i])
  local read = READ[kind]
  found[i - 2] = {kind, left > 0 and now_ms + left or 0, read and read(KEYS[i]) or {}}
end
return found
