import type { IncomingHttpHeaders } from 'node:http'

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

// Names as clients write them are few: each is put in lower case once.
const lowerCase = new Map<string, string>()
const mostNames = 500

/** Headers by their name in lower case, of pairs as they came: several of one name are joined or the first counts, as node:http has it. */
export function headersOf(pairs: readonly string[], count: number): IncomingHttpHeaders {
  const headers: Record<string, string> & { 'set-cookie'?: string[] } = {}
  for (let at = 0; at + 1 < count; at += 2) add(headers, lower(pairs[at] ?? ''), pairs[at + 1] ?? '')
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

function lower(name: string): string {
  const known = lowerCase.get(name)
  if (known !== undefined) return known
  const lowered = name.toLowerCase()
  if (lowerCase.size < mostNames) lowerCase.set(name, lowered)
  return lowered
}
