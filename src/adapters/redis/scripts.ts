import { createHash } from 'node:crypto';

/** Lua that a server runs as one step, and the digest by which it knows it once it has seen it. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

/**
 * What each script begins with. It finds the record, or makes it.
 *
 * Both keys have one hash tag and are declared, so that a cluster knows where to run the script; the server's time is
 * asked for, so that writes are replicated as effects (the only way from Redis 7 on, and the default since 5). Whole
 * numbers are told as text by `%.0f`: as numbers, those of 15 digits and more would be rounded on their way.
 *
 * A record is a hash. Its fields `version` and `entry_generation` go on after a purge; whether there is a value tells
 * `hash`. The lease is a key of its own, which the server lets fall: `load:` and who has it, or `rest:` and why.
 */
const PRELUDE = `
local record, lease = KEYS[1], KEYS[2]
local channel, source, fresh_epoch, keep = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local known_epoch, known_seq, known_fence = ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
local known_version, known_generation = tonumber(ARGV[8]), tonumber(ARGV[9])

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function text(number)
  return string.format('%.0f', number)
end

local NUMBERS = {
  'seq', 'generation', 'fence', 'granted_at', 'version', 'entry_generation', 'entry_fence', 'entry_at'
}

-- Answers nil for what is missing or no record of ours.
local function find()
  local values = redis.call('HMGET', record, 'epoch', 'holder', 'hash', 'token', 'ttl', unpack(NUMBERS))
  if not values[1] or not values[2] then return nil end
  local found = {
    epoch = values[1], holder = values[2], hash = values[3], token = values[4], ttl = values[5]
  }
  for i, name in ipairs(NUMBERS) do
    local value = values[5 + i]
    if not value or #value > 15 or not string.find(value, '^%d+$') then return nil end
    found[name] = tonumber(value)
  end
  -- Writes were lost: what the caller knows of this epoch isn't true any more.
  if known_epoch == found.epoch and (
    known_seq > found.seq or known_generation > found.generation or known_fence > found.fence
  ) then return nil end
  return found
end

local function make()
  local made = { epoch = fresh_epoch, holder = '', hash = false, token = false, ttl = false }
  local fields = { 'epoch', fresh_epoch, 'holder', '' }
  for _, name in ipairs(NUMBERS) do
    made[name] = 0
    fields[#fields + 1] = name
    fields[#fields + 1] = 0
  end
  redis.call('DEL', record, lease)
  redis.call('HSET', record, unpack(fields))
  return made
end

local state = find() or make()

if keep == '' then
  redis.call('PERSIST', record)
else
  redis.call('PEXPIRE', record, keep)
end

-- Who has the lease, why it rests and how long it lasts: false, '' and 0 where there is none.
local function leased()
  local value = redis.call('GET', lease)
  if not value then return false, '', 0 end
  local left = redis.call('PTTL', lease)
  -- Without an end it is none of ours.
  if left < 0 then return false, '', 0 end
  if string.sub(value, 1, 5) == 'load:' then
    return string.sub(value, 6), '', math.max(1, left)
  end
  return false, string.sub(value, 6), math.max(1, left)
end

local function is_leased_to(epoch, holder)
  return epoch == state.epoch and leased() == holder
end

local function set(changes)
  local fields = {}
  for name, value in pairs(changes) do
    state[name] = value
    fields[#fields + 1] = name
    fields[#fields + 1] = type(value) == 'number' and text(value) or value
  end
  redis.call('HSET', record, unpack(fields))
end

-- The value that stands from now on. Where payload is nil, it is the one that stood.
local function stand(at, generation, hash, token, ttl, payload)
  local changes = {
    entry_at = at, entry_generation = generation, entry_fence = state.fence, token = token, ttl = ttl
  }
  if payload then
    changes.version = state.version + 1
    changes.hash = hash
    -- Not kept in state: it may be large.
    redis.call('HSET', record, 'payload', payload)
  end
  set(changes)
end

local function age()
  return math.max(0, now - state.entry_at)
end

-- Built by hand: cjson would write large numbers as 1e+15.
local function tell(act, value)
  set({ seq = state.seq + 1 })
  local tells_entry = act == 'publish' or act == 'renew'
  local ttl = state.hash and tonumber(state.ttl)
  local message = '{"v":1,"epoch":' .. cjson.encode(state.epoch)
    .. ',"seq":' .. text(state.seq)
    .. ',"src":' .. cjson.encode(source)
    .. ',"act":"' .. act
    .. '","version":' .. text(state.hash and state.version or 0)
    .. ',"generation":' .. text(tells_entry and state.entry_generation or state.generation)
    .. ',"fence":' .. text(state.fence)
    .. ',"hash":' .. cjson.encode(state.hash or '')
    .. ',"ttlLeft":' .. (ttl and text(math.max(0, ttl - age())) or 'null')
  if value then message = message .. ',"value":' .. cjson.encode(value) end
  redis.call('PUBLISH', channel, message .. '}')
end

-- What stands, as a list of texts: shorter where there is no value, or the caller has it, be it that it is its own.
local function answer(first, is_own)
  local _, resting, left = leased()
  local reply = {
    first, state.epoch, text(state.seq), text(state.generation), text(state.fence), text(left), resting
  }
  if not state.hash then return reply end
  local entry = {
    text(state.version), text(state.entry_generation), text(state.entry_fence), state.hash, text(age()), state.token
  }
  for _, field in ipairs(entry) do reply[#reply + 1] = field end
  if not is_own and (known_epoch ~= state.epoch or known_version ~= state.version) then
    reply[#reply + 1] = redis.call('HGET', record, 'payload')
  end
  return reply
end
`;

export const READ: Script = script(`return answer('read')`);

export const CLAIM: Script = script(`
local holder, lease_time, have, force = ARGV[10], ARGV[11], tonumber(ARGV[12]), ARGV[13] == '1'

if state.hash and state.entry_fence > have then return answer('refused') end
local current, _, left = leased()
-- A client may send again what it got no answer to: the lease is this one's already then.
if current ~= holder then
  local is_resting = left > 0 and not current
  if left > 0 and not (force and is_resting) then return answer('refused') end
  set({ fence = state.fence + 1, holder = holder, granted_at = now })
end
redis.call('SET', lease, 'load:' .. holder, 'PX', lease_time)
return answer('granted')
`);

export const RENEW: Script = script(`
local epoch, holder, lease_time = ARGV[10], ARGV[11], ARGV[12]

if not is_leased_to(epoch, holder) then return { 'gone' } end
redis.call('PEXPIRE', lease, lease_time)
return { 'renewed' }
`);

export const PUBLISH: Script = script(`
local epoch, generation, fence, holder = ARGV[10], tonumber(ARGV[11]), tonumber(ARGV[12]), ARGV[13]
local renewed, hash, token, ttl = tonumber(ARGV[14]), ARGV[15], ARGV[16], ARGV[17]
local is_small, payload = ARGV[18] == '1', ARGV[19]

local function drop_lease()
  if is_leased_to(epoch, holder) then redis.call('DEL', lease) end
end

local is_last = epoch == state.epoch and generation == state.generation
  and fence == state.fence and holder == state.holder
if not is_last then
  drop_lease()
  return answer('superseded')
end
if renewed and not (state.hash and renewed == state.version) then return answer('missing') end
drop_lease()
if renewed or hash == state.hash then
  stand(state.granted_at, state.generation, nil, token, ttl, nil)
  tell('renew')
  return answer('unchanged')
end
stand(state.granted_at, state.generation, hash, token, ttl, payload)
tell('publish', is_small and payload or nil)
return answer('published', true)
`);

export const RELEASE: Script = script(`
local epoch, holder, rest, reason = ARGV[10], ARGV[11], ARGV[12], ARGV[13]

if not is_leased_to(epoch, holder) then return { 'gone' } end
if rest == '' then
  redis.call('DEL', lease)
else
  redis.call('SET', lease, 'rest:' .. reason, 'PX', rest)
end
tell('release')
return { 'released' }
`);

const INVALIDATION = `
local function invalidate(act)
  redis.call('DEL', lease)
  if act == 'purge' then
    redis.call('HDEL', record, 'hash', 'token', 'ttl', 'payload')
    state.hash = false
  end
  set({ generation = state.generation + 1 })
  tell(act)
end
`;

export const INVALIDATE: Script = script(`
${INVALIDATION}
invalidate(ARGV[10])
return answer('invalidated')
`);

export const PUT: Script = script(`
local hash, token, ttl, is_small, payload = ARGV[10], ARGV[11], ARGV[12], ARGV[13] == '1', ARGV[14]
${INVALIDATION}
-- Whoever was let in, or invalidated, unknown to the caller may know something newer.
local is_known = known_epoch == '' or known_epoch == state.epoch
if not (is_known and known_generation == state.generation and known_fence == state.fence) then
  invalidate('invalidate')
  return answer('superseded')
end
redis.call('DEL', lease)
-- No load that is under way has this fence.
set({ fence = state.fence + 1, holder = '' })
local generation = state.entry_generation
if hash == state.hash then
  stand(now, generation, nil, token, ttl, nil)
  tell('renew')
  return answer('unchanged')
end
stand(now, generation, hash, token, ttl, payload)
tell('publish', is_small and payload or nil)
return answer('published', true)
`);

function script(body: string): Script {
  const source = `${PRELUDE}\n${body.trim()}\n`;
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}
