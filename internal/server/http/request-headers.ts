import type { IncomingHttpHeaders } from 'node:http'
import { createFieldNames } from '#lib/http-fields.ts'

// Where a second one of these says otherwise, the first counts (https://nodejs.org/api/http.html#messageheaders).
const onceOnly: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
])

const nameOf = createFieldNames()

/** Headers by their name in lower case, of pairs as they came: several of one name are joined or the first counts, as node:http has it. */
export function headersOf(pairs: readonly string[], count: number): IncomingHttpHeaders {
  const headers: Record<string, string> & { 'set-cookie'?: string[] } = {}
  for (let at = 0; at + 1 < count; at += 2) add(headers, nameOf(pairs[at] ?? '') ?? '', pairs[at + 1] ?? '')
  return headers
}

function add(headers: IncomingHttpHeaders, name: string, value: string): void {
  if (name === 'set-cookie') {
    headers['set-cookie'] = [...(headers['set-cookie'] ?? []), value]
    return
  }
  const known = headers[name]
  if (typeof known !== 'string' || !Object.hasOwn(headers, name)) headers[name] = value
  else if (!onceOnly.has(name)) headers[name] = `${known}${name === 'cookie' ? '; ' : ', '}${value}`
}
