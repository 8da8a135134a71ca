import { isObject, type JsonObject } from '#lib/json.ts'
import type { Random } from './random.ts'

/** Values that readers trip over. */
const nasty: readonly [unknown, ...unknown[]] = [
  null,
  true,
  0,
  -1,
  1e308,
  0.1,
  '',
  ' ',
  '0',
  '\u0000',
  '\ud800',
  '__proto__',
  'x'.repeat(5000),
  [],
  {},
  [null],
  [[]],
  [{}],
  { '': '' },
  { type: 'text' },
  { type: {} },
  { constructor: 1 },
  { toString: null },
  Array.from({ length: 300 }, () => ({})),
]

/** Names that mean something to one reader or another, in places where they do not belong. */
const keys: readonly [string, ...string[]] = [
  'type',
  'content',
  'role',
  'error',
  'text',
  'id',
  'name',
  'input',
  'arguments',
  'tool_calls',
  'parts',
  'usage',
  'delta',
  'index',
  'choices',
  '__proto__',
  'constructor',
  '',
]

/** The value with one to four things changed somewhere in it. */
export function mutateJson(value: unknown, random: Random): unknown {
  let changed = value
  for (let times = 1 + random.below(4); times > 0; times--) changed = changeOne(changed, random)
  return changed
}

/** Goes down at random and changes what it ends at. */
function changeOne(value: unknown, random: Random): unknown {
  const deeper = random.share() < 0.85
  if (deeper && Array.isArray(value) && value.length > 0) {
    const at = random.below(value.length)
    return value.map((entry: unknown, index) => (index === at ? changeOne(entry, random) : entry))
  }
  if (deeper && isObject(value)) {
    const key = random.pickAny(Object.keys(value))
    if (key !== undefined) return withKey(value, key, changeOne(value[key], random))
  }
  return changeHere(value, random)
}

function changeHere(value: unknown, random: Random): unknown {
  if (Array.isArray(value) && random.share() < 0.6) return changeList(value, random)
  if (isObject(value) && random.share() < 0.6) return changeFields(value, random)
  if (typeof value === 'string' && random.share() < 0.5) return changeText(value, random)
  if (random.share() < 0.05) return nested(random.below(3000), random.share() < 0.5)
  return random.pick(nasty)
}

function changeList(value: readonly unknown[], random: Random): readonly unknown[] {
  const at = random.below(value.length)
  switch (random.below(4)) {
    case 0:
      return value.filter((_, index) => index !== at)
    case 1:
      return [...value, ...value]
    case 2:
      return [...value].reverse()
    default:
      return [...value.slice(0, at), random.pick(nasty), ...value.slice(at)]
  }
}

function changeFields(value: JsonObject, random: Random): JsonObject {
  const key = random.pickAny(Object.keys(value)) ?? ''
  const { [key]: taken, ...rest } = value
  switch (random.below(3)) {
    case 0:
      return rest
    case 1:
      return withKey(rest, random.pick(keys), taken)
    default:
      return withKey(value, random.pick(keys), random.pick(nasty))
  }
}

/** As JSON.parse does it: `__proto__` is a field like any other. */
function withKey(value: JsonObject, key: string, entry: unknown): JsonObject {
  const changed = { ...value }
  Object.defineProperty(changed, key, { value: entry, enumerable: true, configurable: true, writable: true })
  return changed
}

function changeText(value: string, random: Random): string {
  const at = random.below(value.length + 1)
  switch (random.below(4)) {
    case 0:
      return value.slice(0, at)
    case 1:
      return value + value
    case 2:
      return `${value.slice(0, at)}${random.pick(['"', '\\', '\n', '\u2028', '\ud83d', '}', '{', ','])}${value.slice(at)}`
    default:
      return value.toUpperCase()
  }
}

function nested(depth: number, lists: boolean): unknown {
  let value: unknown = 'deep'
  for (let level = 0; level < depth; level++) value = lists ? [value] : { content: value }
  return value
}

/** The bytes with one to four places changed: bits, pieces cut out, doubled or moved, what frames are made of put in. */
export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  let changed = bytes
  for (let times = 1 + random.below(4); times > 0; times--) changed = changeBytes(changed, random)
  return changed
}

const pieces: readonly [string, ...string[]] = [
  '\n',
  '\r\n\r\n',
  'data: ',
  'data: [DONE]\n\n',
  'event: error\n',
  ': c\n',
  '{}',
  '"',
  '\u0000',
  'data: {"error":{"message":"x"}}\n\n',
  'data: null\n\n',
  'data: []\n\n',
]

function changeBytes(bytes: Buffer, random: Random): Buffer {
  if (bytes.length === 0) return Buffer.from(random.pick(pieces))
  const at = random.below(bytes.length)
  const end = Math.min(bytes.length, at + 1 + random.below(60))
  switch (random.below(6)) {
    case 0: {
      const copy = Buffer.from(bytes)
      copy[at] = random.below(256)
      return copy
    }
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)])
    case 2:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)])
    case 3:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(random.pick(pieces)), bytes.subarray(at)])
    case 4:
      return bytes.subarray(0, at)
    default:
      return Buffer.concat([bytes.subarray(at), bytes.subarray(0, at)])
  }
}
