import { largeBytes, sliceBytes, turnsForAll } from './turn.ts'

/** What is sent. A large body comes in pieces, so that it is never put together, nor encrypted, in one go. */
export type Body = string | Uint8Array | readonly Uint8Array[]

/**
 * The pieces with a turn before each: others have theirs, and a provider that refuses the body before its end is heard before another piece breaks
 * on its closed connection.
 */
export async function* inTurns(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    await turnsForAll()
    yield piece
  }
}

/** Bytes that are many as pieces of themselves, others as they are. */
export function inPieces(bytes: Uint8Array): Uint8Array | readonly Uint8Array[] {
  return bytes.length < largeBytes ? bytes : cutUp(bytes)
}

/** Bytes as pieces of themselves, one for each turn. */
export function cutUp(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / sliceBytes) }, (_, at) =>
    bytes.subarray(at * sliceBytes, (at + 1) * sliceBytes),
  )
}

/** Whatever form it has, as pieces. */
export function piecesOf(body: Body): readonly (string | Uint8Array)[] {
  return isInPieces(body) ? body : [body]
}

/** Bytes of all pieces together. */
export function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0)
}

export function isInPieces(body: Body | undefined): body is readonly Uint8Array[] {
  return typeof body === 'object' && !(body instanceof Uint8Array)
}
