import { readFileSync, statSync } from 'node:fs'

/** A text that must not be shown: a key. Its string and JSON forms are masked. */
export type Secret = {
  /** The value as it is now: a file that changed is read again. */
  readonly reveal: () => string
  readonly toString: () => string
  readonly toJSON: () => string
}

/** Where `${…}` are looked up. */
export type SecretSources = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile: (path: string) => string
}

export const processSources: SecretSources = { env: process.env, readFile: (path) => readFileSync(path, 'utf8') }

/** A `${…}` that could not be filled in. */
export type MissingSecret = { readonly name: string; readonly kind: 'environment' | 'file'; readonly message: string }

const pattern = /\$\$\{|\$\{(?:file:(?<file>[^}]+)|(?<name>[A-Za-z_]\w*)(?::-(?<fallback>[^}]*))?)\}/g

/** Fills in `${NAME}`, `${NAME:-default}` and `${file:/path}`; `$${` is a literal `${`. */
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
  try {
    return sources.readFile(path).trim()
  } catch (error) {
    missing.push({
      name: path,
      kind: 'file',
      message: `the file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    })
    return ''
  }
}

/** The files that a text takes values from. */
export function filesIn(text: string): readonly string[] {
  return [...text.matchAll(pattern)].flatMap((match) => match.groups?.['file'] ?? [])
}

// A changed key is taken up within a second, without asking the file system for each request.
const freshForMs = 1000

/** A secret from a text of the routing file. Values from files follow the file; those from the environment are fixed. */
export function createSecret(text: string, sources: SecretSources): Secret {
  const files = filesIn(text)
  let value = fillIn(text, sources).value
  let checkedMs = Date.now()
  let seen = stamps(files)
  const reveal = (): string => {
    const nowMs = Date.now()
    if (files.length === 0 || nowMs - checkedMs < freshForMs) return value
    checkedMs = nowMs
    const stamp = stamps(files)
    if (stamp !== seen) {
      const read = fillIn(text, sources)
      // A key that is being replaced may be missing for a moment: the old one stays until the new one is there.
      if (read.missing.length === 0) {
        value = read.value
        seen = stamp
      }
    }
    return value
  }
  const masked = (): string => mask(value)
  return { reveal, toString: masked, toJSON: masked }
}

function mask(value: string): string {
  return value === '' ? '' : '********'
}

function stamps(files: readonly string[]): string {
  return files
    .map((file) => {
      const stat = statSync(file, { throwIfNoEntry: false })
      return stat === undefined ? '-' : `${stat.mtimeMs}:${stat.size}:${stat.ino}`
    })
    .join('|')
}
