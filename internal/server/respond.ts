import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import type { ClientError, Dialect } from '#dialect/dialect.ts'
import { isInPieces, lengthOf, streamOf } from '#lib/slices/pieces.ts'
import type { ClientPort } from '#relay/exchange.ts'

/** The relay's view of a response. Nothing is written after the client has gone. */
export function clientPort(response: ServerResponse): ClientPort {
  let written = 0
  return {
    head(status, headers) {
      if (!response.headersSent && !response.destroyed) response.writeHead(status, headers)
    },
    write(text) {
      if (response.destroyed) return true
      written += Buffer.byteLength(text)
      return response.write(text)
    },
    written: () => written,
    onDrain(listener) {
      response.once('drain', listener)
    },
    end(body) {
      if (response.destroyed) return
      if (isInPieces(body)) {
        written += lengthOf(body)
        // Why it ended otherwise than at its end is told by `onGone`.
        pipeline(streamOf(body), response, () => {})
        return
      }
      if (body !== undefined) written += Buffer.byteLength(body)
      response.end(body)
    },
    onGone(listener) {
      if (response.destroyed) return listener()
      response.once('close', () => {
        if (!response.writableFinished) listener()
      })
    },
    abort() {
      response.destroy()
    },
  }
}

/** Answers with an error in the dialect's form; for what fails before the relay begins. */
export function respondError(
  response: ServerResponse,
  dialect: Dialect,
  error: ClientError,
  headers: Readonly<Record<string, string>> = {},
): number {
  const { status, body } = dialect.encodeError(error)
  const text = JSON.stringify(body)
  if (response.destroyed || response.headersSent) return status
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
    'x-outrigger-request-id': error.requestId,
    'x-request-id': error.requestId,
    'x-should-retry': 'false',
    ...headers,
  })
  response.end(text)
  return status
}
