-- What the scripts of the engine share, second part: ranks.
-- A score of `due` below zero is a rank: the moment it counts from, in milliseconds, less a SPAN for each
-- band from behind. Above zero nothing is to be done until then: a timer, a pause, a lease.
local SPAN = 1e13
-- Milliseconds between two ranks of a person, of a channel; and how far ahead a rank may be: docs/adr/0001.
local PERSON, CHANNEL, FURTHEST, FOLLOWS = 15000, 3000, 600000, 0.5
-- A rank hides the timers of its thread, so the next one is kept beside.
local function alarm(band)
  local timer = band > HOME and next_timer()
  if timer then redis.call('ZADD', KEYS[10], timer, ARGV[1]) end
end
-- Whether a rank is none, or one behind those of a band.
local function is_behind(rank, band) return not rank or tonumber(rank) >= -(MESSAGE - band) * SPAN end
-- Stand in line with a rank, and wake somebody who looks.
local function stand(band, rank)
  redis.call('ZADD', KEYS[1], rank, ARGV[1])
  alarm(band)
  local wake = KEYS[band > HOME and 6 or 7]
  redis.call('LPUSH', wake, ARGV[1])
  redis.call('LTRIM', wake, 0, 999)
end
-- A person's threads stand some seconds apart, so that a quiet person's go between those of a flood;
-- so do a channel's. `answers` are those that the thread has had in a row: half a millisecond marks that it had any, and
-- from the second on it stands behind all that are in line to be answered once or twice, whoever they are of.
local function line_up(band, person, answers)
  local rank, own = now_ms, band .. ':p:' .. person
  redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now_ms)
  if (answers or 0) > 1 then
    rank = now_ms + 2 * FURTHEST
  elseif person ~= '' then
    local pace = tonumber(redis.call('ZSCORE', KEYS[4], own) or '0')
    local channel = band .. ':c:' .. string.match(ARGV[1], '^[^/]*/[^/]*')
    -- Behind everybody who is in line in the channel: one person's second thread is not before another's first.
    rank = math.max(rank, pace, tonumber(redis.call('ZSCORE', KEYS[4], channel) or '0'))
    rank = math.min(rank, now_ms + FURTHEST)
    -- What one person asks too much of must not move the others of a channel: only their first counts there.
    if pace > 0 then channel = nil end
    redis.call('ZADD', KEYS[4], rank + PERSON, own)
    if channel then redis.call('ZADD', KEYS[4], rank + CHANNEL, channel) end
  end
  if (answers or 0) > 0 then rank = rank + FOLLOWS end
  stand(band, string.format('%.1f', rank - (MESSAGE + 1 - band) * SPAN))
end
-- Back to the place that a thread had when its lease was taken only to say that it takes long; else a new one.
local function line_up_again(band, person)
  local place = band == MESSAGE and redis.call('HGET', KEYS[2], 'place')
  if place then stand(band, place) else line_up(band, person) end
  redis.call('HDEL', KEYS[2], 'place')
end
