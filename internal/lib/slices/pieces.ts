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

/** Where pieces go, one after the other. */
export type PiecesSink = {
  /** False when it takes no more for now. */
  readonly write: (piece: Uint8Array) => boolean
  /** It takes more, or will never again. */
  readonly canTakeMore: () => Promise<void>
  /** Whether anybody still waits for them. */
  readonly isWanted: () => boolean
}

/** Writes pieces as they are taken, with a turn before each; gives whether all were written and are still wanted. */
export async function writePieces(pieces: readonly Uint8Array[], sink: PiecesSink): Promise<boolean> {
  for await (const piece of inTurns(pieces)) {
    if (!sink.isWanted()) return false
    if (!sink.write(piece)) await sink.canTakeMore()
  }
  return sink.isWanted()
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

export function isInPieces(body: Body | null | undefined): body is readonly Uint8Array[] {
  return typeof body === 'object' && body !== null && !(body instanceof Uint8Array)
}
