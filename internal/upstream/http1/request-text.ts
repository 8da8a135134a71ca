import { isFieldName, isFieldValue } from '#lib/http-fields.ts'
import type { OutgoingRequest } from '../connections.ts'

/**
 * The head of a request as it goes over the wire. Throws for what cannot be written: a break in a header would begin another one, and how the
 * body ends is not the headers' to say.
 */
export function requestHead({ method, path, headers, body }: OutgoingRequest, host: string, bodyBytes: number): string {
  if (notForPaths.test(path) || !path.startsWith('/')) throw invalid('path')
  let text = `${method} ${path} HTTP/1.1\r\n`
  if (headers['host'] === undefined) text += `host: ${host}\r\n`
  text += /\bclose\b/i.test(headers['connection'] ?? '') ? 'connection: close\r\n' : 'connection: keep-alive\r\n'
  for (const name in headers) text += line(name, headers[name] ?? '')
  return body === null && method === 'GET' ? `${text}\r\n` : `${text}content-length: ${bodyBytes}\r\n\r\n`
}

function line(name: string, value: string): string {
  if (!isFieldName(name) || !isFieldValue(value) || notGiven.has(name)) throw invalid(`${name} header`)
  return name === 'content-length' || name === 'connection' ? '' : `${name}: ${value}\r\n`
}

function invalid(what: string): Error {
  return Object.assign(new Error(`invalid ${what}`), { code: 'UND_ERR_INVALID_ARG' })
}

const notForPaths = /[^\x21-\xff]/
// Undici takes none of them either.
const notGiven: ReadonlySet<string> = new Set(['transfer-encoding', 'keep-alive', 'upgrade', 'expect'])
