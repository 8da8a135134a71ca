import { isObject, parseJson } from '#lib/json.ts'

/** A text with everything in it replaced that must not be read; the same text when there is nothing. */
export type RedactText = (text: string) => string

/** A value with its texts redacted; the same value when nothing was found. Undefined when it is nested too deeply to be looked into. */
export function redactJson<T>(value: T, redact: RedactText): { readonly value: T } | undefined {
  try {
    // biome-ignore lint/nursery/noUnsafeTypeAssertion: texts stay texts, and nothing else changes but numbers within arguments.
    return { value: walk(value, { redact, key: '', inside: 'message', depth: 0 }) as T }
  } catch (error) {
    if (error instanceof TooDeep) return undefined
    throw error
  }
}

class TooDeep extends Error {}

const mostDepth = 500

/** `arguments`: of a tool's call or result, or metadata, where every name is the client's own. */
type Where = {
  readonly redact: RedactText
  readonly key: string
  readonly inside: 'message' | 'arguments'
  readonly depth: number
}

/** Fields that are no text: names by which things are found again, bytes, and what providers sign. */
const opaque: ReadonlySet<string> = new Set([
  'model',
  'type',
  'role',
  'name',
  'id',
  'call_id',
  'tool_call_id',
  'tool_use_id',
  'item_id',
  'previous_response_id',
  'file_id',
  'fileUri',
  'cachedContent',
  'mimeType',
  'mime_type',
  'media_type',
  'format',
  'file_data',
  'b64_json',
  'signature',
  'thoughtSignature',
  'thought_signature',
  'encrypted_content',
  'encoding_format',
])

/** Fields that hold a link, or bytes in the form of one. */
const links: ReadonlySet<string> = new Set(['url', 'image_url', 'file_url'])

const reasoning: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking', 'reasoning'])

/** What a provider has signed would be refused with one letter changed; it came from there. */
function isSigned({ type, signature, data, encrypted_content }: Readonly<Record<string, unknown>>): boolean {
  return reasoning.has(type) && [signature, data, encrypted_content].some((seal) => typeof seal === 'string' && seal !== '')
}

function walk(value: unknown, where: Where): unknown {
  if (typeof value === 'string') return walkText(value, where)
  if (typeof value === 'number' || typeof value === 'bigint')
    return where.inside === 'arguments' ? walkNumber(value, where) : value
  if (typeof value !== 'object' || value === null) return value
  if (where.depth > mostDepth) throw new TooDeep()
  const below = { ...where, depth: where.depth + 1 }
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => walk(item, below))
    return items.some((item, at) => item !== value[at]) ? items : value
  }
  return isObject(value) ? walkObject(value, below) : value
}

function walkObject(value: Readonly<Record<string, unknown>>, where: Where): unknown {
  const isMessage = where.inside === 'message'
  if (isMessage && isSigned(value)) return value
  if (!isMessage) return walkNames(value, where)
  let changed: Record<string, unknown> | undefined
  for (const [key, field] of Object.entries(value)) {
    if (typeof field === 'string' && isOpaque(key, field, value)) continue
    const inside = holdsArguments(key, field, value) ? 'arguments' : where.inside
    const written = walk(field, { ...where, key, inside })
    if (written === field) continue
    changed ??= { ...value }
    changed[key] = written
  }
  return changed ?? value
}

/** Within arguments names are content like any other: lists of people are kept by their addresses. */
function walkNames(value: Readonly<Record<string, unknown>>, where: Where): unknown {
  const entries = new Map<string, unknown>()
  let changed = false
  for (const [key, field] of Object.entries(value)) {
    const name = where.redact(key)
    const written = walk(field, { ...where, key })
    changed ||= name !== key || written !== field
    entries.set(unusedName(name, entries), written)
  }
  return changed ? Object.fromEntries(entries) : value
}

/** Two names that read the same now stay two. */
function unusedName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let unused = name
  for (let more = 2; taken.has(unused); more++) unused = `${name} ${more}`
  return unused
}

function isOpaque(key: string, text: string, { type }: Readonly<Record<string, unknown>>): boolean {
  // Bytes as base64; a document in plain text has its text there.
  if (key === 'data') return type !== 'text'
  return opaque.has(key) || (links.has(key) && /^data:[\w.+-]{1,80}\/[\w.+-]{1,80};base64,/.test(text))
}

/** Arguments are a text in Chat Completions and Responses, an object in Messages and `generateContent`. Metadata has the client's own names, too. */
function holdsArguments(key: string, field: unknown, { type }: Readonly<Record<string, unknown>>): boolean {
  if (key === 'arguments' || key === 'args' || key === 'metadata' || key === 'labels') return true
  if (key === 'input') return isObject(field) && type !== undefined
  return key === 'response' && isObject(field)
}

function walkText(text: string, where: Where): string {
  if (where.inside === 'arguments' && where.key === 'arguments') return walkArguments(text, where)
  return where.redact(text)
}

/** JSON within a text stays JSON: a number becomes a text there. */
function walkArguments(text: string, where: Where): string {
  const parsed = parseJson(text)
  if (!parsed.ok || typeof parsed.value !== 'object') return where.redact(text)
  const written = walk(parsed.value, { ...where, key: '' })
  return written === parsed.value ? text : JSON.stringify(written)
}

// What is found in numbers has at least so many digits: cards, telephones.
const leastNumber = 1e8

function walkNumber(value: number | bigint, { redact }: Where): number | bigint | string {
  if (typeof value === 'number' && (!Number.isInteger(value) || value < leastNumber)) return value
  const text = String(value)
  const written = redact(text)
  return written === text ? value : written
}
