-- Takes a shard under a new epoch. An epoch is '<milliseconds, 15 digits>-<random>'; the time in it only ever rises,
-- also when the claimant's clock is behind the one before it, so that of two epochs the later one is the greater string.
--
-- KEYS  1 meta (hash: e epoch, s sequence, p progress, m note, n number of buckets)
-- ARGV  1 milliseconds since 1970, 2 random, 3 number of buckets if the shard is new
-- Reply {epoch, sequence, progress, number of buckets, note}

local time = tonumber(ARGV[1])
local before = redis.call('HGET', KEYS[1], 'e')
if before then
  time = math.max(time, tonumber(string.match(before, '^%d+')) + 1)
end
redis.call('HSET', KEYS[1], 'e', string.format('%015.0f', time) .. '-' .. ARGV[2])
redis.call('HSETNX', KEYS[1], 'n', ARGV[3])
return redis.call('HMGET', KEYS[1], 'e', 's', 'p', 'n', 'm')
