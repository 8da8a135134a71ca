import type { Socket } from 'node:net'
import { inTurns } from '#lib/slices/pieces.ts'

/** Writes pieces as the provider takes them, as long as they are wanted; gives whether all were written. */
export async function writePieces(socket: Socket, pieces: readonly Uint8Array[], isWanted: () => boolean): Promise<boolean> {
  for await (const piece of inTurns(pieces)) {
    if (!isWanted()) return false
    if (!socket.write(piece)) await canTakeMore(socket)
  }
  return isWanted()
}

/** Or is closed. */
function canTakeMore(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
}
