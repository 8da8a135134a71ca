import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '#lib/json.ts'

/** What a value is made from: the whole schema (for `$ref`), the name of the field, and how deep we are. */
type Place = { readonly root: JsonObject; readonly name: string; readonly depth: number; readonly variant: number }

// Schemas that refer to themselves without end exist; below this depth optional fields and array items are left out.
const maxDepth = 8

/**
 * A value that conforms to a JSON Schema, the same one every time.
 * Knows types, `enum`, `const`, `$ref` within the schema, `anyOf`/`oneOf`/`allOf`, bounds, common formats; not `pattern`.
 * @param variant another number gives another value where the schema leaves a choice; default 0
 */
export function sampleOf(schema: JsonObject, variant = 0): unknown {
  return sample(schema, { root: schema, name: 'value', depth: 0, variant })
}

function sample(given: unknown, place: Place): unknown {
  const schema = resolve(asObject(given), place.root)
  if ('const' in schema) return schema['const']
  const allowed = asArray(schema['enum'])
  if (allowed.length > 0) return allowed[place.variant % allowed.length]
  if (schema['default'] !== undefined) return schema['default']
  switch (typeOf(schema)) {
    case 'object':
      return sampleObject(schema, place)
    case 'array':
      return sampleArray(schema, place)
    case 'integer':
      return sampleNumber(schema, place, 1)
    case 'number':
      return sampleNumber(schema, place, 0.5)
    case 'boolean':
      return place.variant % 2 === 0
    case 'null':
      return null
    default:
      return sampleString(schema, place)
  }
}

/** Follows `$ref`, merges `allOf`, takes the first of `anyOf` and `oneOf` that is not null. */
function resolve(schema: JsonObject, root: JsonObject, hops = 0): JsonObject {
  if (hops > maxDepth) return {}
  const ref = asString(schema['$ref'])
  if (ref !== undefined) return resolve(lookUp(ref, root), root, hops + 1)
  const parts = asArray(schema['allOf'])
  if (parts.length > 0) {
    const { allOf: _merged, ...own } = schema
    return parts.map((part) => resolve(asObject(part), root, hops + 1)).reduce(merge, own)
  }
  const choices = [...asArray(schema['anyOf']), ...asArray(schema['oneOf'])]
  const choice = choices.find((option) => asObject(option)['type'] !== 'null') ?? choices[0]
  if (!isObject(choice)) return schema
  const { anyOf: _any, oneOf: _one, ...own } = schema
  return merge(own, resolve(choice, root, hops + 1))
}

function merge(left: JsonObject, right: JsonObject): JsonObject {
  return {
    ...left,
    ...right,
    properties: { ...asObject(left['properties']), ...asObject(right['properties']) },
    required: [...asArray(left['required']), ...asArray(right['required'])],
  }
}

function lookUp(ref: string, root: JsonObject): JsonObject {
  if (!ref.startsWith('#')) return {}
  const steps = ref
    .slice(1)
    .split('/')
    .filter((step) => step !== '')
  let found: unknown = root
  for (const step of steps) found = asObject(found)[decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')]
  return asObject(found)
}

function typeOf(schema: JsonObject): string {
  const type = schema['type']
  const first = Array.isArray(type) ? type.find((option) => option !== 'null') : type
  // Gemini writes the types in capitals.
  if (typeof first === 'string') return first.toLowerCase()
  if (Object.keys(asObject(schema['properties'])).length > 0) return 'object'
  return schema['items'] === undefined ? 'string' : 'array'
}

function sampleObject(schema: JsonObject, place: Place): JsonObject {
  const properties = asObject(schema['properties'])
  const required = asArray(schema['required'])
  const names =
    required.length > 0 || place.depth >= maxDepth ? required.filter((name) => typeof name === 'string') : Object.keys(properties)
  const entries = names.map((name) => [name, sample(properties[name], { ...place, name, depth: place.depth + 1 })] as const)
  return Object.fromEntries(entries)
}

function sampleArray(schema: JsonObject, place: Place): readonly unknown[] {
  const least = asNumber(schema['minItems']) ?? (place.depth >= maxDepth ? 0 : 1)
  const prefix = asArray(schema['prefixItems'])
  return Array.from({ length: Math.max(least, prefix.length) }, (_, index) =>
    sample(prefix[index] ?? schema['items'], { ...place, depth: place.depth + 1, variant: place.variant + index }),
  )
}

function sampleNumber(schema: JsonObject, place: Place, step: number): number {
  const above = asNumber(schema['exclusiveMinimum'])
  const least = asNumber(schema['minimum']) ?? (above === undefined ? undefined : above + step)
  const below = asNumber(schema['exclusiveMaximum'])
  const most = asNumber(schema['maximum']) ?? (below === undefined ? undefined : below - step)
  const multiple = asNumber(schema['multipleOf'])
  const wanted = Math.max(least ?? 1 + place.variant, Math.min(1 + place.variant, most ?? Number.MAX_SAFE_INTEGER))
  const bounded = most === undefined ? wanted : Math.min(wanted, most)
  if (multiple === undefined || multiple <= 0) return bounded
  return least === undefined ? multiple : Math.ceil(least / multiple) * multiple
}

const formats: Readonly<Record<string, string>> = {
  date: '2026-01-02',
  time: '10:20:30Z',
  'date-time': '2026-01-02T10:20:30Z',
  duration: 'PT1H',
  email: 'someone@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000001',
}

const cities = ['Paris', 'Tokyo', 'Lima', 'Nairobi']

function sampleString(schema: JsonObject, place: Place): string {
  const format = formats[asString(schema['format']) ?? '']
  if (format !== undefined) return format
  const isPlace = /city|location|place|town/i.test(place.name)
  const text = isPlace ? (cities[place.variant % cities.length] ?? '') : `some ${place.name}`
  const padded = text.padEnd(asNumber(schema['minLength']) ?? 0, 'x')
  return padded.slice(0, asNumber(schema['maxLength']) ?? padded.length)
}
