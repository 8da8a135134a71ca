import type { Json } from '#canonical/request.ts'
import { readJson } from '#lib/exact-json.ts'
import { asObject, deepest, isObject, parseJson } from '#lib/json.ts'

/**
 * A call's arguments where an object is demanded, to be written at once: those that were cut at a limit are none. Numbers that
 * JavaScript would round (ids of 64 bits) go on as the model wrote them.
 */
export function callInput(args: string): Json {
  const parsed = parseJson(args)
  if (!parsed.ok || !isObject(parsed.value)) return {}
  return mayBeRounded.test(args) ? asObject(readJson(args, deepest, asWritten)) : parsed.value
}

const mayBeRounded = /\d{16}/

function asWritten(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || source === undefined || Number.isSafeInteger(value) || !/^-?\d+$/.test(source)) return value
  return JSON.rawJSON(source)
}
