-- One commit of one shard, all or nothing. Nothing is written before everything has been checked.
--
-- KEYS  1 meta (hash: e epoch, s sequence, p progress, m note, n number of buckets), 2 timers (set of "<slot> <key>"),
--       3 outbox (hash: sequence -> bytes), 4.. the buckets that are written (hashes: key -> state)
-- ARGV  1 epoch, 2 sequence of this commit, 3 progress, 4 outbox row ('' for none),
--       5 t outbox rows to drop, 6 r timers to remove, 7 a timers to add, 8 '1' if the note is written, else '0',
--       then the note if it is, then t sequences, r members, a members,
--       then for each bucket: number of fields to set, number of fields to remove, field and value by turns, fields.
-- Reply {epoch, sequence} as they are stored afterwards. Both as in ARGV: the commit is in. A commit that is already in
--       changes nothing and answers the same, so that sending it again is safe.

local stored = redis.call('HMGET', KEYS[1], 'e', 's')
if stored[1] ~= ARGV[1] or tonumber(stored[2] or 0) ~= tonumber(ARGV[2]) - 1 then
  return stored
end

-- unpack puts its values on the Lua stack, which holds about 8,000; an even number keeps field and value together.
local function inChunks(command, key, from, count)
  local last = from + count - 1
  while from <= last do
    local to = math.min(from + 3999, last)
    redis.call(command, key, unpack(ARGV, from, to))
    from = to + 1
  end
  return last + 1
end

redis.call('HSET', KEYS[1], 's', ARGV[2], 'p', ARGV[3])
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[3], ARGV[2], ARGV[4])
end
local at = 9
if ARGV[8] == '1' then
  redis.call('HSET', KEYS[1], 'm', ARGV[9])
  at = 10
end
at = inChunks('HDEL', KEYS[3], at, tonumber(ARGV[5]))
at = inChunks('SREM', KEYS[2], at, tonumber(ARGV[6]))
at = inChunks('SADD', KEYS[2], at, tonumber(ARGV[7]))
for bucket = 4, #KEYS do
  local sets, removals = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  at = inChunks('HSET', KEYS[bucket], at + 2, 2 * sets)
  at = inChunks('HDEL', KEYS[bucket], at, removals)
end
return { ARGV[1], ARGV[2] }
