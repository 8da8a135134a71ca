import type { Json } from '#canonical/request.ts'
import { asArray, isObject } from '#lib/json.ts'

/**
 * Gemini's JSON is protobuf's: clients may write `function_call` for `functionCall`. Keys are brought to camelCase, but not
 * inside what is the client's own: schemas, arguments, responses, metadata. Source: protobuf.dev, ProtoJSON.
 */
export function normalizeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return asArray(value).map(normalizeKeys)
  if (!isObject(value)) return value
  const written: Record<string, unknown> = {}
  for (const [key, entry] of Object.entries(value)) {
    const name = key.includes('_') ? key.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase()) : key
    written[name] = opaqueKeys.has(name) ? entry : normalizeKeys(entry)
  }
  return written
}

const opaqueKeys = new Set([
  'args',
  'response',
  'parameters',
  'parametersJsonSchema',
  'responseSchema',
  'responseJsonSchema',
  'labels',
  'partialArgs',
])

/** The object with its keys brought to camelCase. */
export function normalizeObject(value: Json): Json {
  const normal = normalizeKeys(value)
  return isObject(normal) ? normal : {}
}
