import type { Json } from '#canonical/request.ts'
import { asArray, asObject, asString, isObject } from '#lib/json.ts'

/** Keywords that `parametersJsonSchema` and `responseJsonSchema` take. Source: @google/genai, types.ts. */
const taken = new Set([
  ...[
    '$id',
    '$defs',
    '$ref',
    '$anchor',
    'type',
    'format',
    'title',
    'description',
    'enum',
    'items',
    'prefixItems',
    'minItems',
    'maxItems',
  ],
  ...['minimum', 'maximum', 'anyOf', 'oneOf', 'properties', 'additionalProperties', 'required', 'propertyOrdering', 'nullable'],
])

/** JSON Schema as Gemini takes it: `const` becomes an enum, keywords that it does not know are left out. */
export function writeSchema(schema: unknown): Json {
  const given = asObject(schema)
  if (typeof given['$ref'] === 'string') return { $ref: given['$ref'].replace('#/definitions/', '#/$defs/') }
  const written: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(given)) {
    if (key === 'const') written['enum'] = [value]
    else if (key === 'definitions') written['$defs'] = mapValues(value)
    else if (taken.has(key)) written[key] = writeKeyword(key, value)
  }
  return written
}

function writeKeyword(key: string, value: unknown): unknown {
  switch (key) {
    case 'properties':
    case '$defs':
      return mapValues(value)
    case 'items':
    case 'additionalProperties':
      return isObject(value) ? writeSchema(value) : value
    case 'anyOf':
    case 'oneOf':
    case 'prefixItems':
      return asArray(value).map(writeSchema)
    default:
      return value
  }
}

function mapValues(value: unknown): Json {
  return Object.fromEntries(Object.entries(asObject(value)).map(([name, entry]) => [name, writeSchema(entry)]))
}

/** Gemini's own schema form (`type: "STRING"`, `nullable`) as JSON Schema. */
export function readSchema(schema: unknown): Json {
  const given = asObject(schema)
  const written: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(given)) {
    if (key === 'type') written['type'] = readType(value, given['nullable'] === true)
    else if (key === 'properties')
      written['properties'] = Object.fromEntries(
        Object.entries(asObject(value)).map(([name, entry]) => [name, readSchema(entry)]),
      )
    else if (key === 'items') written['items'] = readSchema(value)
    else if (key === 'anyOf' || key === 'any_of') written['anyOf'] = asArray(value).map(readSchema)
    else if (key !== 'nullable' && key !== 'propertyOrdering' && key !== 'property_ordering') written[key] = value
  }
  return written
}

const typeNames = ['', 'string', 'number', 'integer', 'boolean', 'array', 'object', 'null'] as const

function readType(value: unknown, nullable: boolean): unknown {
  const name = typeof value === 'number' ? (typeNames[value] ?? '') : (asString(value)?.toLowerCase() ?? '')
  return nullable ? [name, 'null'] : name
}
