import type { Json } from '#canonical/request.ts'
import { isObject, parseExactJson } from '#lib/json.ts'

/**
 * A call's arguments where an object is demanded, to be written at once: those that were cut at a limit are none. Numbers that
 * JavaScript would round (ids of 64 bits) go on as the model wrote them.
 */
export function callInput(args: string): Json {
  const parsed = parseExactJson(args)
  return parsed.ok && isObject(parsed.value) ? parsed.value : {}
}
