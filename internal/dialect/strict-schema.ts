import type { Json } from '#canonical/request.ts'
import { asArray, asObject, asString, isObject } from '#lib/json.ts'

/** The formats that Claude's grammar knows. */
const formats = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'])
/** Keywords that are carried over as they are, or that say nothing about the value. */
const plain = new Set(['title', 'required', 'default', 'examples'])
const silent = new Set(['$schema', '$id', '$comment', 'additionalProperties', 'strict', 'name'])

/**
 * A JSON Schema as structured output and strict tools take it: closed objects, no bounds, `anyOf` for `oneOf`. What the
 * grammar does not know moves into the description, as Anthropic's own SDK does. Undefined when the schema cannot be said:
 * it is recursive, refers elsewhere, has a node without a type, or is no object at its root.
 */
export function strictSchema(schema: Json): Json | undefined {
  const [type, ...others] = typesOf(schema)
  if ((type !== 'object' || others.length > 0) && schema['$ref'] === undefined) return undefined
  const state = { expressible: !isUnresolvable(schema) }
  if (!state.expressible) return undefined
  const written = strictNode(schema, state)
  return state.expressible ? written : undefined
}

type State = { expressible: boolean }

function strictNode(node: unknown, state: State): Json {
  if (!isObject(node)) {
    state.expressible = false
    return {}
  }
  const written: Record<string, unknown> = {}
  const notes: string[] = []
  for (const [key, value] of Object.entries(node)) writeKeyword({ key, value, written, notes }, state)
  if (typesOf(node).includes('object')) {
    // A map with keys of any name: closed, it could hold nothing.
    if (isObject(node['additionalProperties'])) state.expressible = false
    written['type'] ??= 'object'
    written['properties'] ??= {}
    written['additionalProperties'] = false
  }
  if (!saysWhat.some((key) => key in written)) state.expressible = false
  if (notes.length > 0) {
    const description = asString(written['description'])
    written['description'] = `${description === undefined ? '' : `${description}\n\n`}{${notes.join(', ')}}`
  }
  return written
}

/** One of these must tell what a value is. */
const saysWhat = ['type', '$ref', 'anyOf', 'allOf', 'enum', 'const']

function typesOf(node: Json): readonly unknown[] {
  const { type } = node
  return Array.isArray(type) ? type : type === undefined ? ('properties' in node ? ['object'] : []) : [type]
}

type Keyword = {
  readonly key: string
  readonly value: unknown
  readonly written: Record<string, unknown>
  readonly notes: string[]
}

function writeKeyword({ key, value, written, notes }: Keyword, state: State): void {
  switch (key) {
    case 'properties':
    case '$defs':
    case 'definitions':
      written[key] = Object.fromEntries(Object.entries(asObject(value)).map(([name, inner]) => [name, strictNode(inner, state)]))
      return
    case 'anyOf':
    case 'oneOf':
      written['anyOf'] = asArray(value).map((inner) => strictNode(inner, state))
      return
    case 'allOf':
      written['allOf'] = asArray(value).map((inner) => strictNode(inner, state))
      return
    case 'items':
      written['items'] = strictNode(value, state)
      return
    default:
      if (isTaken(key, value)) written[key] = value
      else if (!silent.has(key)) notes.push(`${key}: ${JSON.stringify(value)}`)
  }
}

function isTaken(key: string, value: unknown): boolean {
  if (key === 'format') return typeof value === 'string' && formats.has(value)
  if (key === 'minItems') return value === 0 || value === 1
  return plain.has(key) || key === 'type' || key === 'description' || key === 'enum' || key === 'const' || key === '$ref'
}

/** Whether a definition leads back to itself, or to none that is there. */
function isUnresolvable(schema: Json): boolean {
  const definitions: Json = { ...asObject(schema['definitions']), ...asObject(schema['$defs']) }
  if (refsIn(schema).some((name) => name === '#' || !Object.hasOwn(definitions, name))) return true
  const straight = new Set<string>()
  const leadsBack = (name: string, path: readonly string[]): boolean => {
    if (path.includes(name)) return true
    if (straight.has(name)) return false
    if (refsIn(definitions[name]).some((inner) => leadsBack(inner, [...path, name]))) return true
    straight.add(name)
    return false
  }
  return Object.keys(definitions).some((name) => leadsBack(name, []))
}

/** The names of the definitions that a node refers to; `#` is the root itself. */
function refsIn(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(refsIn)
  if (!isObject(node)) return []
  const ref = asString(node['$ref'])
  const own = ref === undefined ? [] : [ref === '#' ? ref : (ref.split('/').at(-1) ?? '')]
  return [...own, ...Object.values(node).flatMap(refsIn)]
}
