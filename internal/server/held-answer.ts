import { piecesOf } from '#lib/slices/pieces.ts'
import type { ClientPort } from '#relay/exchange.ts'

/** An answer that waits until somebody has looked at it. */
export type HeldAnswer = {
  /** Takes the answer in the client's place. */
  readonly port: ClientPort
  /** The body as text; undefined when it was too large to be what was asked for. */
  readonly text: () => string | undefined
  /** Sends what was held. */
  readonly release: () => void
}

/** Holds back what a provider sends to the client, up to so many bytes. */
export function holdAnswer(client: ClientPort, limitBytes: number): HeldAnswer {
  const pieces: Buffer[] = []
  let size = 0
  let status = 200
  let headers: Readonly<Record<string, string>> = {}
  const hold = (piece: string | Uint8Array): void => {
    size += piece.length
    if (size <= limitBytes) pieces.push(typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece))
  }
  return {
    port: {
      ...client,
      head(given, named) {
        status = given
        headers = named
      },
      write(piece) {
        hold(piece)
        return true
      },
      end(body = '') {
        for (const piece of piecesOf(body)) hold(piece)
      },
    },
    text: () => (size <= limitBytes ? Buffer.concat(pieces).toString('utf8') : undefined),
    release() {
      client.head(status, headers)
      client.end(Buffer.concat(pieces))
    },
  }
}
