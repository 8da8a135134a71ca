import { Readable } from 'node:stream'
import { largeBytes, sliceBytes, turnsUntil } from '#lib/slices/turn.ts'

/** What is sent. A large body comes in pieces, so that it is never put together, nor encrypted, in one go. */
export type Body = string | Uint8Array | readonly Uint8Array[]

/** The pieces as undici takes them. */
export function streamOf(pieces: readonly Uint8Array[]): Readable {
  return Readable.from(inTurns(pieces), { objectMode: false })
}

/**
 * With a turn before each: others have theirs, and a provider that refuses the body before its end is heard before another piece breaks
 * on its closed connection.
 */
async function* inTurns(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  const turn = turnsUntil(() => false)
  for (const piece of pieces) {
    await turn()
    yield piece
  }
}

/** Bytes that are many as pieces of themselves, others as they are. */
export function inPieces(bytes: Uint8Array): Uint8Array | readonly Uint8Array[] {
  if (bytes.length < largeBytes) return bytes
  return Array.from({ length: Math.ceil(bytes.length / sliceBytes) }, (_, at) =>
    bytes.subarray(at * sliceBytes, (at + 1) * sliceBytes),
  )
}

/** Bytes of all pieces together. */
export function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0)
}

export function isInPieces(body: Body | undefined): body is readonly Uint8Array[] {
  return typeof body === 'object' && !(body instanceof Uint8Array)
}
