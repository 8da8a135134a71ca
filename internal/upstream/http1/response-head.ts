import { createFieldNames, isFieldValue } from '#lib/http-fields.ts'
import { err, ok, type Result } from '#lib/result.ts'

/** How the end of an answer's body is found (RFC 9112, section 6.3). */
export type Framing = { readonly kind: 'none' | 'chunks' | 'close' } | { readonly kind: 'length'; readonly bytes: number }

export type ResponseHead = {
  readonly status: number
  /** Lower-case names; several values of one name in their order. */
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly framing: Framing
  /** The connection may be used for another request. */
  readonly isKept: boolean
  /** For how many seconds the provider keeps it, where it says so. */
  readonly keptSeconds: number | undefined
}

/** The head of an answer, without the empty line that ends it, as RFC 9112 has it; the error says what is wrong with it. */
export function parseHead(text: string): Result<ResponseHead, string> {
  const lines = text.split('\r\n')
  const [, minor, status] = statusLine.exec(lines[0] ?? '') ?? []
  if (status === undefined) return err('the provider did not answer in HTTP')
  const headers: Record<string, string | string[]> = {}
  for (let at = 1; at < lines.length; at++) {
    if (!addLine(headers, lines[at] ?? '')) return err('the provider sent a header that is none')
  }
  const code = Number(status)
  const framing = framingOf(code, headers)
  if (!framing.ok) return framing
  const connection = joined(headers['connection']).toLowerCase()
  const isKept =
    framing.value.kind !== 'close' && (minor === '1' ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection))
  const [, seconds] = /\btimeout\s*=\s*(\d{1,6})/i.exec(joined(headers['keep-alive'])) ?? []
  return ok({
    status: code,
    headers,
    framing: framing.value,
    isKept,
    keptSeconds: seconds === undefined ? undefined : Number(seconds),
  })
}

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/

const nameOf = createFieldNames()

function addLine(headers: Record<string, string | string[]>, line: string): boolean {
  const colon = line.indexOf(':')
  if (colon < 1) return false
  const name = nameOf(line.slice(0, colon))
  const value = withoutSpaces(line, colon + 1)
  if (name === undefined || !isFieldValue(value)) return false
  if (!Object.hasOwn(headers, name)) define(headers, name, value)
  else headers[name] = [headers[name] ?? [], value].flat()
  return true
}

/** Spaces and tabs around a value are not part of it (RFC 9110, section 5.5). */
function withoutSpaces(line: string, from: number): string {
  let start = from
  let end = line.length
  while (start < end && isSpace(line.charCodeAt(start))) start++
  while (end > start && isSpace(line.charCodeAt(end - 1))) end--
  return line.slice(start, end)
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** `__proto__` is a name like any other. */
function define(headers: Record<string, string | string[]>, name: string, value: string): void {
  if (name === '__proto__') Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true })
  else headers[name] = value
}

function framingOf(status: number, headers: Readonly<Record<string, string | string[]>>): Result<Framing, string> {
  if (status < 200 || status === 204 || status === 304) return ok({ kind: 'none' })
  const coding = headers['transfer-encoding']
  const length = headers['content-length']
  if (coding !== undefined) {
    // Both at once is how answers are smuggled.
    if (length !== undefined) return err('the provider sent both a length and a transfer coding')
    if (joined(coding).toLowerCase() !== 'chunked') return err('the provider sent a transfer coding that is not known')
    return ok({ kind: 'chunks' })
  }
  if (length === undefined) return ok({ kind: 'close' })
  if (typeof length !== 'string' || !/^\d{1,15}$/.test(length)) return err('the provider sent a length that is none')
  return ok({ kind: 'length', bytes: Number(length) })
}

function joined(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : (value ?? []).join(', ')
}
