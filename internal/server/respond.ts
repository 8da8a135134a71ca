import type { ClientError, Dialect } from '#dialect/dialect.ts'
import { isInPieces } from '#lib/slices/pieces.ts'
import { turnsForAll } from '#lib/slices/turn.ts'
import type { ClientPort } from '#relay/exchange.ts'
import type { ClientResponse } from './http/client-response.ts'

/** The relay's view of a response. Nothing is written after the client has gone. */
export function clientPort(response: ClientResponse): ClientPort {
  return {
    head(status, headers) {
      if (!response.headersSent && !response.destroyed) response.writeHead(status, headers)
    },
    write: (piece) => response.write(piece),
    written: () => response.bodyBytes,
    onDrain: (listener) => response.onDrain(listener),
    end(body) {
      if (isInPieces(body)) void sendPieces(body, response)
      else response.end(body)
    },
    onGone: (listener) => response.onGone(listener),
    abort: () => response.destroy(),
  }
}

/** One after the other, as the client takes them, with a turn of the others before each. */
async function sendPieces(pieces: readonly Uint8Array[], response: ClientResponse): Promise<void> {
  for (const piece of pieces) {
    await turnsForAll()
    if (response.destroyed) return
    if (response.write(piece)) continue
    const { promise, resolve } = Promise.withResolvers<void>()
    response.onDrain(resolve)
    await promise
  }
  response.end()
}

/** Answers with an error in the dialect's form; for what fails before the relay begins. */
export function respondError(
  response: ClientResponse,
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
