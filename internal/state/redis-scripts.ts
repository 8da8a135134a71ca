import { scriptOf } from './redis-port.ts'

/**
 * What runs in the server, each in one step. All times are the server's own. Everything expires.
 *
 * A rate is a hash: `w` the number of the window, `c` its amount, `p` that of the window before. A place is a sorted set of
 * ids by the time at which they are lost. A sum is a hash: `d` what was added, `b` what it begins with (other than 0 only after
 * a loss, see `raiseScript`), `e` a random word of its making, by which a server that forgot it is known.
 */
const helpers = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function whole(value) return string.format('%.0f', value) end
local function rate(key, span)
  local known = redis.call('HMGET', key, 'w', 'c', 'p')
  local window = math.floor(now / span)
  local seen, current, previous = tonumber(known[1] or '-9'), tonumber(known[2] or '0'), tonumber(known[3] or '0')
  if seen == window - 1 then return window, 0, current end
  if seen ~= window then return window, 0, 0 end
  return window, current, previous
end
local function sum(key)
  local known = redis.call('HMGET', key, 'e', 'b', 'd')
  return tonumber(known[2] or '0') + tonumber(known[3] or '0'), known[1]
end
local function add(key, amount, span, word)
  redis.call('HSETNX', key, 'e', word)
  redis.call('HINCRBY', key, 'd', amount)
  if redis.call('PTTL', key) < 0 then redis.call('PEXPIRE', key, span) end
end
`

/**
 * Takes all or nothing. KEYS: one for each take. ARGV: five for each: kind, amount, limit, length in milliseconds, id. Gives
 * {1, now, used, word, used, word…} or {0, now, place of the refused take, used, milliseconds to wait or -1}. Numbers go as
 * text, since a script's numbers lose their decimals on the way out.
 */
export const takeScript = scriptOf(`${helpers}
local used = {}
local rates = {}
for i = 1, #KEYS do
  local at = (i - 1) * 5
  local kind, amount, limit, span = ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  if kind == 'rate' then
    local window, current, previous = rate(KEYS[i], span)
    local inside = now % span
    local level = current + previous * (1 - inside / span)
    if level + amount > limit then
      local left, room, wait = span - inside, limit - amount - current, 0
      if room >= 0 and previous > 0 then
        wait = math.min(left, left - room / previous * span)
      elseif current > 0 then
        wait = left + math.max(0, 1 - math.max(0, limit - amount) / current) * span
      else
        wait = left
      end
      return {'0', whole(now), tostring(i), tostring(level), tostring(math.max(1, math.ceil(wait)))}
    end
    rates[i] = {window, current + amount, previous}
    used[i] = tostring(level + amount)
  elseif kind == 'place' then
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
    local held = redis.call('ZCARD', KEYS[i])
    if held >= limit then return {'0', whole(now), tostring(i), tostring(held), '-1'} end
    used[i] = tostring(held + 1)
  else
    local value = sum(KEYS[i])
    if value + amount > limit then return {'0', whole(now), tostring(i), whole(value), '-1'} end
    used[i] = whole(value + amount)
  end
end
local told = {'1', whole(now)}
for i = 1, #KEYS do
  local at = (i - 1) * 5
  local kind, amount, span, id = ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 4]), ARGV[at + 5]
  local word = ''
  if kind == 'rate' then
    redis.call('HSET', KEYS[i], 'w', rates[i][1], 'c', rates[i][2], 'p', rates[i][3])
    redis.call('PEXPIRE', KEYS[i], span * 2)
  elseif kind == 'place' then
    redis.call('ZADD', KEYS[i], now + span, id)
    redis.call('PEXPIRE', KEYS[i], span)
  else
    add(KEYS[i], amount, span, id)
    word = redis.call('HGET', KEYS[i], 'e')
  end
  told[#told + 1] = used[i]
  told[#told + 1] = word
end
return told
`)

/**
 * Puts counters right. KEYS: theirs. ARGV: four for each: kind, difference, length in milliseconds, and an id (of a place), the
 * moment of the taking (of a rate) or a word (of a sum). Gives the time and then, of each, the word and the amount of a sum, both
 * empty for others.
 */
export const giveScript = scriptOf(`${helpers}
local told = {whole(now)}
for i = 1, #KEYS do
  local at = (i - 1) * 4
  local kind, amount, span, id = ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), ARGV[at + 4]
  local word, value = '', ''
  if kind == 'place' then
    redis.call('ZREM', KEYS[i], id)
  elseif kind == 'sum' then
    add(KEYS[i], ARGV[at + 2], span, id)
    value, word = sum(KEYS[i])
    value = whole(value)
  else
    local window, current, previous = rate(KEYS[i], span)
    local taken = math.floor(tonumber(id) / span)
    if amount > 0 or taken >= window then
      current = math.max(0, current + amount)
    elseif taken == window - 1 then
      previous = math.max(0, previous + amount)
    end
    redis.call('HSET', KEYS[i], 'w', window, 'c', current, 'p', previous)
    redis.call('PEXPIRE', KEYS[i], span * 2)
  end
  told[#told + 1] = word
  told[#told + 1] = value
end
return told
`)

/**
 * After a server has lost a sum: what somebody remembers of it is where it goes on from. KEYS: its key. ARGV: the word and the
 * amount as remembered, length in milliseconds, a new word. Gives its word and its amount. The largest memory counts, so that
 * it does not matter who tells it and how often.
 */
export const raiseScript = scriptOf(`${helpers}
local value, word = sum(KEYS[1])
if word ~= ARGV[1] then
  if not word then redis.call('HSET', KEYS[1], 'e', ARGV[4]) end
  local begins = math.max(tonumber(redis.call('HGET', KEYS[1], 'b') or '0'), tonumber(ARGV[2]))
  redis.call('HSET', KEYS[1], 'b', whole(begins))
  if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
end
value, word = sum(KEYS[1])
return {word, whole(value)}
`)

/** Keeps places longer. KEYS: one set of places. ARGV: length in milliseconds, ids. */
export const renewScript = scriptOf(`${helpers}
local span = tonumber(ARGV[1])
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], now + span, ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], span)
return whole(now)
`)

/** Whether the server can write, and its time. KEYS: one that nobody needs. */
export const probeScript = scriptOf(`${helpers}
redis.call('SET', KEYS[1], '1', 'PX', 10000)
return whole(now)
`)
