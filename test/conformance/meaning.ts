import { asArray, asObject, asString, type JsonObject, parseJson } from '#lib/json.ts'

/** What a request asks, read from the bytes of any dialect without code of the product. */
export type Meaning = {
  /** System and developer texts, in order. */
  readonly system: string
  /** The conversation, in order. Neighbouring texts of one speaker are one: dialects split and merge them freely. */
  readonly turns: readonly Turn[]
  /** Address or beginning of the data of each, tool results included: some dialects have to move those into the user's next message. */
  readonly images: readonly string[]
  /** Documents, audio, video; a document that is plain text is text in its turn, which is how dialects without documents have it. */
  readonly files: readonly string[]
  /** The texts of those, with the titles that may stand before them. */
  readonly documents: readonly TextDocument[]
  /** The functions, in order: name, arguments, the beginning of the description. */
  readonly tools: readonly string[]
  /** In OpenAI Chat's words; `one:name` names a function. Undefined is the default. */
  readonly toolChoice: string | undefined
  readonly maxOutput: number | undefined
  readonly stop: readonly string[]
  readonly temperature: number | undefined
  readonly topP: number | undefined
  /** Whether several tools may be called at once, where the client says. */
  readonly parallel: boolean | undefined
  /** Property names of the schema that the answer shall have, at its top level; `any` for JSON without a schema. */
  readonly schema: string | undefined
}

export type TextDocument = { readonly heads: readonly string[]; readonly text: string }

export type Turn =
  | { readonly kind: 'user' | 'assistant' | 'system'; readonly text: string }
  | { readonly kind: 'call'; readonly name: string; readonly text: string }
  | { readonly kind: 'result'; readonly name: string; readonly text: string }

/** Collects what a reader finds; white space between texts is the dialects' own affair, so none of it counts. */
export class MeaningBuilder {
  readonly #turns: Turn[] = []
  readonly #documents: TextDocument[] = []
  #system = ''
  readonly #images: string[] = []
  readonly #files: string[] = []
  readonly #called = new Map<string, string>()

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

  call(name: string, args: unknown, id?: unknown): void {
    if (typeof id === 'string') this.#called.set(id, name)
    this.#turns.push({ kind: 'call', name, text: normalJson(args) })
  }

  /** @param of the id of the call, or the function's name */
  result(content: unknown, of: unknown): void {
    const name = typeof of === 'string' ? (this.#called.get(of) ?? of) : ''
    this.#turns.push({ kind: 'result', name, text: normalResult(content) })
  }

  /** @param source an address, a `data:` URL or base64 */
  image(source: unknown): void {
    this.#images.push(mediaMark(source))
  }

  file(source: unknown): void {
    this.#files.push(mediaMark(source))
  }

  /** The document's text; undefined, and counted as a file, when it is no plain text. */
  document(mime: string, base64: string, heads: readonly unknown[]): string | undefined {
    if (mime.startsWith('text/')) return this.textDocument(Buffer.from(base64, 'base64').toString('utf8'), heads)
    this.file(base64)
    return undefined
  }

  textDocument(text: string, heads: readonly unknown[]): string {
    const known = heads.flatMap((head) => (typeof head === 'string' ? [squeeze(head)] : []))
    this.#documents.push({ heads: known, text: squeeze(text) })
    return text
  }

  done(rest: Omit<Meaning, 'system' | 'turns' | 'images' | 'files' | 'documents'>): Meaning {
    const [images, files] = [this.#images.sort(), this.#files.sort()]
    return { system: this.#system, turns: this.#turns, images, files, documents: this.#documents, ...rest }
  }
}

/** The top-level property names of a JSON schema. */
export function schemaNames(schema: JsonObject): string {
  const properties = schema['properties']
  const names = typeof properties === 'object' && properties !== null ? Object.keys(properties).sort() : []
  return `{${names.join(',')}}`
}

/** A function as one line. */
export function toolLine(name: unknown, description: unknown, schema: unknown): string {
  const about = squeeze(typeof description === 'string' ? description : '').slice(0, 40)
  return `${String(name)}${schemaNames(asObject(schema))} ${about}`
}

export function stringsOf(value: unknown): readonly string[] {
  return typeof value === 'string' ? [value] : asArray(value).flatMap((entry) => asString(entry) ?? [])
}

/** Enough to tell one from another, in either alphabet of base64. */
function mediaMark(source: unknown): string {
  const text = typeof source === 'string' ? source.replace(/^data:[^,]*,/, '') : ''
  return text.replace(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/').slice(0, 400)
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
