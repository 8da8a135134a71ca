import type { Json } from '#canonical/request.ts'
import { asArray, asObject, asString, isObject, parseJson } from '#lib/json.ts'
import type { References } from '../dialect.ts'

/** Of a whole answer, or of the event with the whole answer that a stream ends with. */
function told(written: Json | string): readonly (readonly [string, Json])[] {
  const response = typeof written === 'string' ? responseIn(written) : written
  return asArray(response['output'])
    .filter(isObject)
    .flatMap((item) => {
      const id = asString(item['id'])
      return id === undefined ? [] : [[id, item] as const]
    })
}

function responseIn(ending: string): Json {
  const [, last = ''] = /^data: (.*)\s*$/m.exec(ending.slice(ending.lastIndexOf('\ndata: ') + 1)) ?? []
  const parsed = parseJson(last)
  return asObject(asObject(parsed.ok ? parsed.value : undefined)['response'])
}

function resolve(body: Json, find: (id: string) => Json | undefined): Json {
  const { input } = body
  if (!Array.isArray(input) || !input.some(isReference)) return body
  let found = false
  const items = asArray(input).map((item) => {
    const kept = isReference(item) ? find(asString(item['id']) ?? '') : undefined
    found ||= kept !== undefined
    return kept ?? item
  })
  return found ? { ...body, input: items } : body
}

/** The type may be left out. */
function isReference(item: unknown): item is Json {
  if (!isObject(item) || typeof item['id'] !== 'string') return false
  return item['type'] === 'item_reference' || (Object.keys(item).length === 1 && item['type'] === undefined)
}

/** Clients that take the provider for one that keeps answers send back the ids of items only (the AI SDK by default). */
export const references: References = { told, resolve }
