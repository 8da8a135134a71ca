import { readFileSync, statSync } from 'node:fs'

/** A text that must not be shown: a key. Its string and JSON forms are masked. */
export type Secret = {
  /** The value as it is now: a file that changed is read again, at most once a second. */
  readonly reveal: () => string
  /** Whether it follows a file, so that `reveal` may give something else later. */
  readonly live: boolean
  readonly toString: () => string
  readonly toJSON: () => string
}

/** Where `${…}` are looked up. */
export type SecretSources = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Throws when the file cannot be read. */
  readonly readFile: (path: string) => string
}

export const processSources: SecretSources = { env: process.env, readFile: (path) => readFileSync(path, 'utf8') }

/** A `${…}` that could not be filled in. */
export type MissingSecret = { readonly name: string; readonly kind: 'environment' | 'file'; readonly message: string }

const pattern = /\$\$\{|\$\{(?:file:(?<file>[^}]+)|(?<name>[A-Za-z_]\w*)(?::-(?<fallback>[^}]*))?)\}/g

/** Fills in `${NAME}`, `${NAME:-default}` and `${file:/path}`; `$${` is a literal `${`. What is missing becomes empty, what is none of these stays. */
export function fillIn(
  text: string,
  sources: SecretSources,
): { readonly value: string; readonly missing: readonly MissingSecret[] } {
  if (!text.includes('${')) return { value: text, missing: [] }
  const missing: MissingSecret[] = []
  let value = ''
  let end = 0
  for (const match of text.matchAll(pattern)) {
    value += text.slice(end, match.index) + textOf(match, sources, missing)
    end = match.index + match[0].length
  }
  return { value: value + text.slice(end), missing }
}

function textOf(match: RegExpExecArray, sources: SecretSources, missing: MissingSecret[]): string {
  if (match[0] === '$${') return '${'
  const { file, name = '', fallback } = match.groups ?? {}
  if (file !== undefined) return fromFile(file, sources, missing)
  const found = sources.env[name]
  if (found !== undefined && (found !== '' || fallback === undefined)) return found
  if (fallback === undefined) missing.push({ name, kind: 'environment', message: `the environment variable ${name} is not set` })
  return fallback ?? ''
}

function fromFile(path: string, sources: SecretSources, missing: MissingSecret[]): string {
  const problem = (reason: string): string => {
    missing.push({ name: path, kind: 'file', message: `the file ${path} ${reason}` })
    return ''
  }
  try {
    const text = sources.readFile(path).trim()
    // A file that is being written again is empty for a moment.
    return text === '' ? problem('is empty') : text
  } catch (error) {
    return problem(`cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The files that a text takes values from. */
export function filesIn(text: string): readonly string[] {
  return [...text.matchAll(pattern)].flatMap((match) => match.groups?.['file'] ?? [])
}

/** `${…}` of a text that are none of the known forms, such as `${MY-KEY}`: most likely a slip. */
export function strangersIn(text: string): readonly string[] {
  return text.replaceAll(pattern, '').match(/\$\{[^}]*\}?/g) ?? []
}

// A changed key is taken up within a second, without asking the file system for each request.
const freshForMs = 1000

/** A secret from a text of the routing file. Values from files follow the file; those from the environment are fixed. */
export function createSecret(text: string, sources: SecretSources, nowMs: () => number = Date.now): Secret {
  const files = filesIn(text)
  let checkedMs = nowMs()
  // Before the value is read: a change in between is seen as one the next time, not missed for ever.
  let seen = stamps(files)
  let { value } = fillIn(text, sources)
  const refresh = (): void => {
    checkedMs = nowMs()
    const stamp = stamps(files)
    if (stamp === seen) return
    const read = fillIn(text, sources)
    // A key that is being replaced may be missing for a moment: the old one stays until the new one is there.
    if (read.missing.length > 0) return
    value = read.value
    seen = stamp
  }
  const reveal = (): string => {
    if (files.length > 0 && Math.abs(nowMs() - checkedMs) >= freshForMs) refresh()
    return value
  }
  const masked = (): string => (value === '' ? '' : '********')
  return { reveal, live: files.length > 0, toString: masked, toJSON: masked }
}

function stamps(files: readonly string[]): string {
  return files.map(stampOf).join('|')
}

function stampOf(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file)
    return `${mtimeMs}:${size}:${ino}`
  } catch {
    // Gone or unreadable is a state of its own: reading it tells why.
    return '-'
  }
}
