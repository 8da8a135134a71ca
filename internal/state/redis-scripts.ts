/**
 * Takes all or nothing, by the server's own clock. KEYS: one for each take. ARGV: five for each: kind, amount, limit, length in
 * milliseconds, id. Gives {1, used…} or {0, place of the refused take, used, milliseconds to wait or -1}. Numbers go as text,
 * since a script's numbers lose their decimals on the way out.
 *
 * A rate is a hash: `w` the number of the window, `c` its amount, `p` that of the window before. A place is a sorted set of
 * ids by the time they are lost. A sum is a plain number. Everything expires.
 */
export const takeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local used = {}
local rates = {}
for i = 1, #KEYS do
  local at = (i - 1) * 5
  local kind, amount, limit, span = ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  if kind == 'rate' then
    local known = redis.call('HMGET', KEYS[i], 'w', 'c', 'p')
    local window = math.floor(now / span)
    local seen, current, previous = tonumber(known[1] or '-9'), tonumber(known[2] or '0'), tonumber(known[3] or '0')
    if seen == window - 1 then previous, current = current, 0 elseif seen ~= window then previous, current = 0, 0 end
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
      return {'0', tostring(i), tostring(level), tostring(math.max(1, math.ceil(wait)))}
    end
    rates[i] = {window, current + amount, previous}
    used[i] = level + amount
  elseif kind == 'place' then
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
    local held = redis.call('ZCARD', KEYS[i])
    if held >= limit then return {'0', tostring(i), tostring(held), '-1'} end
    used[i] = held + 1
  else
    local value = tonumber(redis.call('GET', KEYS[i]) or '0')
    if value + amount > limit then return {'0', tostring(i), tostring(value), '-1'} end
    used[i] = value + amount
  end
end
local told = {'1'}
for i = 1, #KEYS do
  local at = (i - 1) * 5
  local kind, amount, span = ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 4])
  if kind == 'rate' then
    redis.call('HSET', KEYS[i], 'w', rates[i][1], 'c', rates[i][2], 'p', rates[i][3])
    redis.call('PEXPIRE', KEYS[i], span * 2)
  elseif kind == 'place' then
    redis.call('ZADD', KEYS[i], now + span, ARGV[at + 5])
    redis.call('PEXPIRE', KEYS[i], span)
  else
    redis.call('INCRBY', KEYS[i], amount)
    if redis.call('PTTL', KEYS[i]) < 0 then redis.call('PEXPIRE', KEYS[i], span) end
  end
  told[i + 1] = tostring(used[i])
end
return told
`

/** Puts one counter right. KEYS: its key. ARGV: kind, difference, length in milliseconds, id. Nothing falls below 0. */
export const giveScript = `
local kind, amount, span = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if kind == 'place' then
  return redis.call('ZREM', KEYS[1], ARGV[4])
end
if kind == 'rate' then
  local time = redis.call('TIME')
  local window = math.floor((time[1] * 1000 + math.floor(time[2] / 1000)) / span)
  local known = redis.call('HMGET', KEYS[1], 'w', 'c', 'p')
  local seen, current, previous = tonumber(known[1] or '-9'), tonumber(known[2] or '0'), tonumber(known[3] or '0')
  if seen == window - 1 then previous, current = current, 0 elseif seen ~= window then previous, current = 0, 0 end
  redis.call('HSET', KEYS[1], 'w', window, 'c', math.max(0, current + amount), 'p', previous)
  return redis.call('PEXPIRE', KEYS[1], span * 2)
end
local value = redis.call('INCRBY', KEYS[1], ARGV[2])
if value < 0 then redis.call('SET', KEYS[1], '0', 'KEEPTTL') end
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], span) end
return value
`
