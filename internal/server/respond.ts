import type { ClientError, Dialect } from '#dialect/dialect.ts'
import { isInPieces, lengthOf, writePieces } from '#lib/slices/pieces.ts'
import type { ClientPort } from '#relay/exchange.ts'
import type { ClientResponse } from './http/client-response.ts'

/** The relay's view of a response. Nothing is written after the client has gone. */
export function clientPort(response: ClientResponse): ClientPort {
  // All of it, where its last pieces go out after the relay has ended the answer.
  let whole: number | undefined
  return {
    head(status, headers) {
      if (!response.headersSent && !response.destroyed) response.writeHead(status, headers)
    },
    write: (piece) => response.write(piece),
    written: () => whole ?? response.bodyBytes,
    onDrain: (listener) => response.onDrain(listener),
    end(body) {
      if (!isInPieces(body)) return void response.end(body)
      if (response.destroyed) return
      whole = response.bodyBytes + lengthOf(body)
      void sendPieces(body, response)
    },
    onGone: (listener) => response.onGone(listener),
    abort: () => response.destroy(),
  }
}

async function sendPieces(pieces: readonly Uint8Array[], response: ClientResponse): Promise<void> {
  const isWhole = await writePieces(pieces, {
    write: (piece) => response.write(piece),
    canTakeMore: () => new Promise((resolve) => response.onDrain(resolve)),
    isWanted: () => !response.destroyed,
  })
  if (isWhole) response.end()
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
