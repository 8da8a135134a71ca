import type { Json } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString, isObject } from '#lib/json.ts'
import { camelCase } from './normalize.ts'

/**
 * Keywords that `parametersJsonSchema` and `responseJsonSchema` take. Of Gemini's two schema dialects this is the one we
 * write: it has `$ref`, unions and closed objects, which the OpenAPI subset of `parameters` has not. Source: @google/genai,
 * `GenerationConfig.responseJsonSchema`.
 */
const taken = new Set([
  ...['$id', '$anchor', 'type', 'format', 'title', 'description', 'enum', 'minItems', 'maxItems', 'minimum', 'maximum'],
  ...['required', 'propertyOrdering', 'default'],
])
/** Bounds without a keyword: they are told to the model in the description. */
const noted = new Set([
  ...['pattern', 'minLength', 'maxLength', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'uniqueItems'],
  ...['minProperties', 'maxProperties'],
])

/** The schemas of a document, for references that must be resolved, and those that are being resolved. */
type Scope = { readonly root: Json; readonly open: readonly string[] }

/** A JSON Schema as Gemini takes it: `const` becomes an enum, `allOf` one object, what it does not know goes into the description. */
export function writeSchema(schema: Json): Json {
  return writeNode(schema, { root: schema, open: [] })
}

/** Whether a function with this schema takes no arguments: Gemini refuses an object without properties. */
export function isEmptyObject(schema: Json): boolean {
  const properties = schema['properties']
  const closed = schema['additionalProperties'] === undefined || schema['additionalProperties'] === false
  const plain = ['$ref', 'anyOf', 'oneOf', 'allOf', 'patternProperties'].every((key) => !(key in schema))
  return plain && closed && (properties === undefined || Object.keys(asObject(properties)).length === 0)
}

function writeNode(schema: unknown, scope: Scope): Json {
  const given = asObject(schema)
  if (typeof given['$ref'] === 'string') return writeReference(given, given['$ref'], scope)
  if (Array.isArray(given['allOf'])) return writeAllOf(given, scope)
  const written: Record<string, unknown> = {}
  const notes: string[] = []
  for (const [key, value] of Object.entries(given)) {
    if (noted.has(key)) notes.push(`${key}: ${JSON.stringify(value)}`)
    else writeKeyword(written, [key, value], scope)
  }
  if (given['nullable'] === true && typeof written['type'] === 'string') written['type'] = [written['type'], 'null']
  if (typeof given['const'] === 'boolean') notes.push(`const: ${given['const']}`)
  if (notes.length > 0) {
    const description = asString(written['description'])
    written['description'] = `${description === undefined ? '' : `${description}\n\n`}{${notes.join(', ')}}`
  }
  return written
}

/** What stands beside a reference is not taken, but for definitions. */
function writeReference(given: Json, reference: string, scope: Scope): Json {
  const written: Record<string, unknown> = { $ref: reference.replace('#/definitions/', '#/$defs/') }
  for (const key of ['$defs', 'definitions']) {
    if (key in given) writeKeyword(written, [key, given[key]], scope)
  }
  return written
}

function writeKeyword(written: Record<string, unknown>, [key, value]: readonly [string, unknown], scope: Scope): void {
  switch (key) {
    case 'properties':
      written['properties'] = writeMap(value, scope)
      return
    case '$defs':
    case 'definitions':
      written['$defs'] = { ...asObject(written['$defs']), ...writeMap(value, scope) }
      return
    case 'items':
      // A list of schemas is the tuple of older drafts.
      if (Array.isArray(value)) written['prefixItems'] = value.map((entry: unknown) => writeNode(entry, scope))
      else written['items'] = writeNode(value, scope)
      return
    case 'additionalProperties':
      written['additionalProperties'] = isObject(value) ? writeNode(value, scope) : value
      return
    case 'anyOf':
    case 'oneOf':
    case 'prefixItems':
      written[key] = asArray(value).map((entry) => writeNode(entry, scope))
      return
    case 'const':
      writeConst(written, value)
      return
    default:
      if (taken.has(key)) written[key] = value
  }
}

function writeMap(value: unknown, scope: Scope): Json {
  return Object.fromEntries(Object.entries(asObject(value)).map(([name, entry]) => [name, writeNode(entry, scope)]))
}

/** Enums hold strings and numbers only. */
function writeConst(written: Record<string, unknown>, value: unknown): void {
  if (value === null) written['type'] ??= 'null'
  else if (typeof value === 'boolean') written['type'] ??= 'boolean'
  else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') {
    written['type'] ??= typeof value === 'bigint' ? 'number' : typeof value
    written['enum'] = [value]
  }
}

/** One schema that says what all of them say, as far as objects can be joined; of a keyword said twice the first counts. */
function writeAllOf(given: Json, scope: Scope): Json {
  const { allOf, ...rest } = given
  const members = asArray(allOf).map(asObject)
  const [only] = members
  const restSaysNothing = Object.keys(rest).every((key) => key === 'title' || key === 'description' || key === 'default')
  if (members.length === 1 && typeof only?.['$ref'] === 'string' && restSaysNothing) return writeNode(only, scope)
  const resolved = members.map((member) => resolve(member, scope))
  const open = [...scope.open, ...members.flatMap((member) => asString(member['$ref']) ?? [])]
  return writeNode(resolved.reduce(join, rest), { root: scope.root, open })
}

/** What a local reference points at; nothing for one that is being resolved already. */
function resolve(member: Json, { root, open }: Scope): Json {
  const { $ref } = member
  if (typeof $ref !== 'string') return member
  const match = /^#\/(?:\$defs|definitions)\/(?<name>.+)$/.exec($ref)
  const name = match?.groups?.['name'] ?? ''
  const found = asObject(root['$defs'])[name] ?? asObject(root['definitions'])[name]
  return open.includes($ref) ? {} : asObject(found)
}

function join(one: Json, other: Json): Json {
  const required = [...new Set([...asArray(one['required']), ...asArray(other['required'])])]
  const properties = { ...asObject(other['properties']), ...asObject(one['properties']) }
  const nested = [...asArray(one['allOf']), ...asArray(other['allOf'])]
  return {
    ...other,
    ...one,
    ...(required.length === 0 ? {} : { required }),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(nested.length === 0 ? {} : { allOf: nested }),
  }
}

/** Gemini's own schema form (`type: "STRING"`, `nullable`, counts as strings) as JSON Schema. Source: ai.google.dev/api/caching#Schema. */
export function readSchema(schema: unknown): Json {
  const given = Object.fromEntries(Object.entries(asObject(schema)).map(([key, value]) => [camelCase(key), value]))
  const written: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(given)) {
    if (value !== null && value !== undefined) readKeyword(written, key, value)
  }
  if (given['nullable'] === true) {
    if (typeof written['type'] === 'string') written['type'] = [written['type'], 'null']
    if (Array.isArray(written['enum'])) written['enum'] = [...asArray(written['enum']), null]
  }
  const order = asArray(given['propertyOrdering']).flatMap((name) => (typeof name === 'string' ? [name] : []))
  if (order.length > 0 && isObject(written['properties'])) written['properties'] = inOrder(written['properties'], order)
  return written
}

function readKeyword(written: Record<string, unknown>, key: string, value: unknown): void {
  switch (key) {
    case 'nullable':
    case 'propertyOrdering':
      return
    case 'type': {
      const type = typeof value === 'number' ? typeNames[value] : asString(value)?.toLowerCase()
      if (type !== undefined && type !== '' && type !== 'type_unspecified') written['type'] = type
      return
    }
    case 'format':
      // `enum` is no format elsewhere.
      if (value !== 'enum') written['format'] = value
      return
    case 'properties':
      written['properties'] = readMap(value)
      return
    case 'defs':
    case '$defs':
      written['$defs'] = readMap(value)
      return
    case 'ref':
      written['$ref'] = asString(value)?.replace('#/defs/', '#/$defs/')
      return
    case 'items':
    case 'additionalProperties':
      written[key] = isObject(value) ? readSchema(value) : value
      return
    case 'anyOf':
    case 'prefixItems':
      written[key] = asArray(value).map(readSchema)
      return
    case 'example':
      written['examples'] = [value]
      return
    default:
      written[key] = countNames.has(key) && typeof value === 'string' ? (asNumber(Number(value)) ?? value) : value
  }
}

function readMap(value: unknown): Json {
  return Object.fromEntries(Object.entries(asObject(value)).map(([name, entry]) => [name, readSchema(entry)]))
}

const typeNames = ['', 'string', 'number', 'integer', 'boolean', 'array', 'object', 'null'] as const
/** 64-bit integers are strings in protobuf's JSON. */
const countNames = new Set(['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'])

/** Models write properties in the order in which they are declared. */
function inOrder(properties: Json, order: readonly string[]): Json {
  const first = order.filter((name) => Object.hasOwn(properties, name))
  const rest = Object.keys(properties).filter((name) => !first.includes(name))
  return Object.fromEntries([...first, ...rest].map((name) => [name, properties[name]]))
}
