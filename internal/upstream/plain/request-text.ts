/** A request that can be written at once. */
export type PlainRequest = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | null
}

/** The head of a request as it goes over the wire. Throws for what cannot be written: a break in a header would begin another one. */
export function requestHead({ method, path, headers, body }: PlainRequest, host: string, bodyBytes: number): string {
  if (notForPaths.test(path) || !path.startsWith('/')) throw invalid('path')
  let text = `${method} ${path} HTTP/1.1\r\n`
  if (headers['host'] === undefined) text += `host: ${host}\r\n`
  text += 'connection: keep-alive\r\n'
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || name === 'content-length') continue
    if (notForNames.test(name) || notForValues.test(value)) throw invalid(`${name} header`)
    text += `${name}: ${value}\r\n`
  }
  return body === null && method === 'GET' ? `${text}\r\n` : `${text}content-length: ${bodyBytes}\r\n\r\n`
}

function invalid(what: string): Error {
  return Object.assign(new Error(`invalid ${what}`), { code: 'UND_ERR_INVALID_ARG' })
}

const notForPaths = /[^\x21-\xff]/
// RFC 9110, sections 5.5 and 5.6.2; what lies beyond Latin-1 cannot be written in one byte.
const notForValues = /[^\t\x20-\x7e\x80-\xff]/
const notForNames = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]|^$/
