"""The few Lua scripts that make a view's changes one step.

Lua's numbers are doubles: positions travel as text, and where they are compared as numbers they
are below 2^53.
"""

CHANNEL = "cx:position"
RETIRED = b"retired"

# KEYS: turn, position, changed, shape, keys, then every key the operations name.
# ARGV: expected turn, new position, 1 when public rows change, message, operations as msgpack
# [[command, index into KEYS, [argument, ...]], ...], shape. Answers the new turn, or -1.
APPLY = """
if (redis.call('GET', KEYS[1]) or '0') ~= ARGV[1] then return -1 end
for _, op in ipairs(cmsgpack.unpack(ARGV[5])) do
  local args = op[3]
  for first = 1, #args, 4000 do
    local last = math.min(first + 3999, #args)
    redis.call(op[1], KEYS[op[2]], unpack(args, first, last))
  end
end
redis.call('SADD', KEYS[5], unpack(KEYS))
redis.call('SET', KEYS[2], ARGV[2])
redis.call('SET', KEYS[4], ARGV[6])
if ARGV[3] == '1' then redis.call('SET', KEYS[3], ARGV[2]) end
local turn = redis.call('INCR', KEYS[1])
redis.call('PUBLISH', 'cx:position', ARGV[4])
return turn
"""

# KEYS: alias, old turn, old position, new position. ARGV: old number, new number, new view.
# On a cluster these keys lie in different slots: see decision 0042.
SWAP = """
if (redis.call('GET', KEYS[1]) or '1') ~= ARGV[1] then return 0 end
local old = redis.call('GET', KEYS[3]) or '0'
local new = redis.call('GET', KEYS[4]) or '0'
if tonumber(old) > tonumber(new) then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('SET', KEYS[2], 'retired')
redis.call('PUBLISH', 'cx:position', ARGV[3] .. ' ' .. new)
return 1
"""

# KEYS: index, rows. ARGV: highest score wanted, how many.
PAGE = """
local found = redis.call(
  'ZRANGE', KEYS[1], ARGV[1], '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, ARGV[2])
if #found == 0 then return {} end
return redis.call('HMGET', KEYS[2], unpack(found))
"""

# KEYS: position, keys. ARGV: the prefix of rows' keys. Answers the position, then key and hash.
SNAPSHOT = """
local answer = {redis.call('GET', KEYS[1]) or '0'}
for _, key in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if string.sub(key, 1, #ARGV[1]) == ARGV[1] then
    answer[#answer + 1] = key
    answer[#answer + 1] = redis.call('HGETALL', key)
  end
end
return answer
"""
