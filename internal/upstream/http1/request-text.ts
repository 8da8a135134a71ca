import { createFieldLines } from '#lib/http-fields.ts'
import type { OutgoingRequest } from '../connections.ts'

/** Writes the head of a request to one host as it goes over the wire; `bodyBytes` is the length of its body. */
export type RequestHeads = (request: OutgoingRequest, bodyBytes: number) => string

/**
 * What such heads of one host begin with and most of their headers are the same each time, and are put together once. Throws for what cannot be
 * written: a break in a header would begin another one, and how the body ends is not the headers' to say.
 */
export function createRequestHeads(host: string): RequestHeads {
  const lineOf = createFieldLines()
  const hostLine = `host: ${host}\r\n`
  let before = { method: '', path: '', line: '' }
  const requestLine = (method: string, path: string): string => {
    if (before.method === method && before.path === path) return before.line
    if (notForPaths.test(path) || !path.startsWith('/')) throw invalid('path')
    before = { method, path, line: `${method} ${path} HTTP/1.1\r\n` }
    return before.line
  }
  const line = (name: string, value: string): string => {
    const written = notGiven.has(name) ? undefined : lineOf(name, value)
    if (written === undefined) throw invalid(`${name} header`)
    return name === 'content-length' || name === 'connection' ? '' : written
  }
  const written = (headers: OutgoingRequest['headers']): string => {
    let text = headers['host'] === undefined ? hostLine : ''
    const connection = headers['connection']
    text += connection !== undefined && /\bclose\b/i.test(connection) ? 'connection: close\r\n' : 'connection: keep-alive\r\n'
    for (const name in headers) text += line(name, headers[name] ?? '')
    return text
  }
  let last: { readonly of: OutgoingRequest['headers']; readonly text: string } = { of: {}, text: '' }
  return ({ method, path, headers, ownHeaders, body }, bodyBytes) => {
    if (last.of !== headers) last = { of: headers, text: written(headers) }
    let text = requestLine(method, path) + last.text
    for (const name in ownHeaders) text += `${name}: ${ownHeaders[name] ?? ''}\r\n`
    return body === null && method === 'GET' ? `${text}\r\n` : `${text}content-length: ${bodyBytes}\r\n\r\n`
  }
}

function invalid(what: string): Error {
  return Object.assign(new Error(`invalid ${what}`), { code: 'UND_ERR_INVALID_ARG' })
}

const notForPaths = /[^\x21-\xff]/
// Undici takes none of them either.
const notGiven: ReadonlySet<string> = new Set(['transfer-encoding', 'keep-alive', 'upgrade', 'expect'])
