import { asArray, asString, type JsonObject, parseJson } from '#lib/json.ts'

/** What a request asks, read from the bytes of any dialect without code of the product. */
export type Meaning = {
  /** System and developer texts, in order. */
  readonly system: string
  /** The conversation, in order. Neighbouring texts of one speaker are one: dialects split and merge them freely. */
  readonly turns: readonly Turn[]
  /** Everywhere, tool results included: some dialects have to move those into the user's next message. */
  readonly images: number
  /** Documents, audio, video; a document that is plain text is text in its turn, which is how dialects without documents have it. */
  readonly files: number
  /** The texts of those, with the titles that may stand before them. */
  readonly documents: readonly TextDocument[]
  /** Names of the functions, in order. */
  readonly tools: readonly string[]
  /** In OpenAI Chat's words; `one:name` names a function. Undefined is the default. */
  readonly toolChoice: string | undefined
  readonly maxOutput: number | undefined
  readonly stop: readonly string[]
  readonly temperature: number | undefined
  /** Property names of the schema that the answer shall have, at its top level; `any` for JSON without a schema. */
  readonly schema: string | undefined
}

export type TextDocument = { readonly heads: readonly string[]; readonly text: string }

export type Turn =
  | { readonly kind: 'user' | 'assistant' | 'system'; readonly text: string }
  | { readonly kind: 'call'; readonly name: string; readonly text: string }
  | { readonly kind: 'result'; readonly text: string }

/** Collects what a reader finds; white space between texts is the dialects' own affair, so none of it counts. */
export class MeaningBuilder {
  readonly #turns: Turn[] = []
  readonly #documents: TextDocument[] = []
  #system = ''
  images = 0
  files = 0

  /** Instructions that stand after the beginning are a turn of their own. */
  system(text: string): void {
    if (this.#turns.length === 0) this.#system += squeeze(text)
    else this.say('system', text)
  }

  say(kind: 'user' | 'assistant' | 'system', text: string): void {
    const said = squeeze(text)
    const last = this.#turns.at(-1)
    if (said === '') return
    if (last?.kind === kind) this.#turns[this.#turns.length - 1] = { kind, text: last.text + said }
    else this.#turns.push({ kind, text: said })
  }

  call(name: string, args: unknown): void {
    this.#turns.push({ kind: 'call', name, text: normalJson(args) })
  }

  result(content: unknown): void {
    this.#turns.push({ kind: 'result', text: normalResult(content) })
  }

  /** The document's text; undefined, and counted as a file, when it is no plain text. */
  document(mime: string, base64: string, heads: readonly unknown[]): string | undefined {
    if (mime.startsWith('text/')) return this.textDocument(Buffer.from(base64, 'base64').toString('utf8'), heads)
    this.files++
    return undefined
  }

  textDocument(text: string, heads: readonly unknown[]): string {
    const known = heads.flatMap((head) => (typeof head === 'string' ? [squeeze(head)] : []))
    this.#documents.push({ heads: known, text: squeeze(text) })
    return text
  }

  done(rest: Omit<Meaning, 'system' | 'turns' | 'images' | 'files' | 'documents'>): Meaning {
    const { images, files } = this
    return { system: this.#system, turns: this.#turns, images, files, documents: this.#documents, ...rest }
  }
}

/** The top-level property names of a JSON schema. */
export function schemaNames(schema: JsonObject): string {
  const properties = schema['properties']
  const names = typeof properties === 'object' && properties !== null ? Object.keys(properties).sort() : []
  return `{${names.join(',')}}`
}

export function namesOf(tools: readonly JsonObject[]): readonly string[] {
  return tools.flatMap((tool) => asString(tool['name']) ?? [])
}

export function stringsOf(value: unknown): readonly string[] {
  return typeof value === 'string' ? [value] : asArray(value).flatMap((entry) => asString(entry) ?? [])
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, '')
}

/** Arguments as text or as an object; text that is no JSON has no form as an object and becomes `{}`. */
function normalJson(value: unknown): string {
  if (typeof value !== 'string') return canonical(value ?? {})
  const parsed = parseJson(value === '' ? '{}' : value)
  return parsed.ok ? canonical(parsed.value) : '{}'
}

/** Gemini wants an object, the others text: `{ result: "x" }` and `x` say the same, and so do an object and its JSON text. */
function normalResult(content: unknown): string {
  const value = typeof content === 'string' ? content.replace(mediaNote, '').replace(/^Error: /, '') : content
  if (typeof value === 'string') {
    const parsed = parseJson(value)
    return parsed.ok && typeof parsed.value === 'object' ? normalResult(parsed.value) : squeeze(value)
  }
  if (typeof value !== 'object' || value === null) return String(value ?? '')
  const entries = Object.entries(value)
  const [only] = entries
  if (entries.length === 1 && only !== undefined && wrappers.has(only[0])) return normalResult(only[1])
  return squeeze(canonical(value))
}

// Some dialects have no place for media in a result; the relay writes where they are.
const mediaNote = /\s*\((\d+ attachments? (below|in the next user message)|The (media|images) of this result follow below\.)\)/

const wrappers = new Set(['result', 'output', 'error', 'content', 'return_value', 'call_error'])

/** JSON text with its keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  )
}
