-- What the scripts of the engine share, first part; both parts are put in front of them.
-- KEYS: due row inbox paces askers wake hurry timers events alarms ...  ARGV: thread lane_offset ...
local CONTROL, HOME, RUN, MESSAGE = 0, 1, 2, 3
local clock = redis.call('TIME')
local now_us = clock[1] * 1000000 + clock[2]
local now_ms = math.floor(now_us / 1000)
-- Let timers whose time has come join the inbox.
local function ring()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[8], '-inf', now_ms)) do
    -- The look whether anybody could decide comes behind what people did: a click makes it needless.
    local order = string.find(id, 'staffing:', 1, true) == 1 and tonumber(ARGV[2]) - 1 or now_us
    redis.call('ZADD', KEYS[3], string.format('%.0f', tonumber(ARGV[2]) + order), id)
    redis.call('ZREM', KEYS[8], id)
  end
end
-- The band of what comes first in the inbox; nil where nothing does.
local function band_of_head()
  local head = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
  if not head[1] then return nil end
  if redis.call('HGET', KEYS[2], 'runs') == head[1] then return RUN end
  if tonumber(head[2]) < 2 * tonumber(ARGV[2]) then return CONTROL end
  if string.find(ARGV[1], '/home/', 1, true) then return HOME end
  return redis.call('HEXISTS', KEYS[2], 'tries:' .. head[1]) == 1 and RUN or MESSAGE
end
local function next_timer() return redis.call('ZRANGE', KEYS[8], 0, 0, 'WITHSCORES')[2] end
local function asker() return redis.call('HGET', KEYS[5], ARGV[1]) or '' end
-- Take the thread's lease; returns its fence.
local function take_lease(owner, lease_ms)
  local fence = math.max(tonumber(redis.call('HGET', KEYS[2], 'fence') or '0') + 1, now_us)
  local lease = now_ms + tonumber(lease_ms)
  redis.call('HSET', KEYS[2], 'fence', string.format('%.0f', fence), 'owner', owner, 'lease', lease)
  redis.call('HDEL', KEYS[2], 'commits')
  redis.call('ZADD', KEYS[1], lease, ARGV[1])
  return string.format('%.0f', fence)
end
-- Nothing is to be done before the moment, if there is one, or the next timer.
local function rest(moment)
  local due = math.min(moment or math.huge, tonumber(next_timer() or math.huge))
  if due < math.huge then return redis.call('ZADD', KEYS[1], due, ARGV[1]) end
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[5], ARGV[1])
end
