import type { Json } from '#canonical/request.ts'
import { asArray, isObject } from '#lib/json.ts'
import { BadField } from '../read.ts'

/**
 * Gemini's JSON is protobuf's: clients may write `function_call` for `functionCall`. Keys are brought to camelCase, but not
 * inside what is the client's own: schemas, arguments, responses. What needs no change stays the same object. Source:
 * protobuf.dev, ProtoJSON.
 */
export function normalizeObject(value: Json): Json {
  return normalizeFields(value, 0)
}

/** The key in camelCase. */
export function camelCase(key: string): string {
  return key.includes('_') ? key.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase()) : key
}

/** As deep as protobuf's own parser goes. */
const maxDepth = 100

const clientsOwn = new Set([
  ...['args', 'response', 'parameters', 'parametersJsonSchema', 'responseSchema', 'responseJsonSchema'],
  ...['labels', 'headers', 'partMetadata'],
])

function normalizeFields(value: Json, depth: number): Json {
  if (depth > maxDepth) throw new BadField('body', `must not be nested deeper than ${maxDepth} levels`)
  let changed = false
  const fields = Object.entries(value).map(([key, entry]): readonly [string, unknown] => {
    const name = camelCase(key)
    const normal = clientsOwn.has(name) ? checkDepth(entry, depth + 1) : normalizeAt(entry, depth + 1)
    changed ||= name !== key || normal !== entry
    return [name, normal]
  })
  return changed ? Object.fromEntries(fields) : value
}

function normalizeAt(value: unknown, depth: number): unknown {
  if (isObject(value)) return normalizeFields(value, depth)
  if (!Array.isArray(value)) return value
  if (depth > maxDepth) throw new BadField('body', `must not be nested deeper than ${maxDepth} levels`)
  const entries = asArray(value)
  const normal = entries.map((entry) => normalizeAt(entry, depth + 1))
  return normal.every((entry, index) => entry === entries[index]) ? value : normal
}

/** Whoever reads these values later does so recursively. */
function checkDepth(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > maxDepth) throw new BadField('body', `must not be nested deeper than ${maxDepth} levels`)
  for (const entry of Object.values(value)) checkDepth(entry, depth + 1)
  return value
}
