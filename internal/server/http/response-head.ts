import { STATUS_CODES } from 'node:http'
import { createFieldLines } from '#lib/http-fields.ts'

/** How a client finds the end of a body (RFC 9112, section 6.3): by its announced length, by chunks, by the connection's end, or there is none. */
export type BodyEnd = 'length' | 'chunks' | 'close' | 'none'

/**
 * Status line and headers, as they go over the wire, but for those that say how body and connection end. Throws for a header that cannot
 * be written: a break in it would begin another one.
 */
export function beginHead(status: number, headers: Readonly<Record<string, string>>): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || name === 'connection') continue
    const line = lineOf(name, value)
    if (line === undefined) throw new TypeError(`the header ${JSON.stringify(name)} has characters that no header may have`)
    text += line
  }
  return headers['date'] === undefined ? `${text}Date: ${date()}\r\n` : text
}

const lineOf = createFieldLines()

export type HeadEnd = {
  readonly bodyEnd: BodyEnd
  /** Of a body that is known whole, when the headers do not tell it. */
  readonly length: number | undefined
  /** How long the connection is kept for another request, in seconds; undefined: it is closed with this answer. */
  readonly keepAliveSeconds: number | undefined
}

/** The rest of a head. */
export function endHead({ bodyEnd, length, keepAliveSeconds }: HeadEnd): string {
  const body =
    bodyEnd === 'chunks' ? 'Transfer-Encoding: chunked\r\n' : length === undefined ? '' : `Content-Length: ${length}\r\n`
  return keepAliveSeconds === undefined
    ? `Connection: close\r\n${body}\r\n`
    : `Connection: keep-alive\r\nKeep-Alive: timeout=${keepAliveSeconds}\r\n${body}\r\n`
}

let written: string | undefined

/** Good until the second is over: asking for the time is slow. */
function date(): string {
  if (written !== undefined) return written
  const now = new Date()
  written = now.toUTCString()
  setTimeout(forgetDate, 1000 - now.getMilliseconds()).unref()
  return written
}

function forgetDate(): void {
  written = undefined
}
