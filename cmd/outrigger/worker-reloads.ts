import { type Current, fileIdOf, type Load, type ReloadReason } from '#config/current.ts'
import type { FileTexts } from '#config/load.ts'
import type { Guard } from './guard-reloads.ts'
import type { Turn } from './reload-turns.ts'
import type { Beginning, FromWorker, ToWorker } from './worker-messages.ts'

/** How this process reloads as one of several workers: in its turn. */
export type WorkerReloads = {
  /** What the others have; asked once. */
  readonly begin: () => Promise<Beginning>
  /** Reads the files, or what another worker has read of them. */
  readonly reading: (load: (texts?: FileTexts) => ReturnType<Load>) => Load
  /** The files may have changed: asks for a turn. */
  readonly want: (reason: ReloadReason) => void
  /** It is this worker's turn. */
  readonly take: (turn: Turn, parts: { readonly current: Current; readonly guard: Guard }) => void
  /** Its own guard has taken this version back, or has watched to the end and leaves it. */
  readonly tellTakenBack: (id: string, reason: string) => void
  readonly tellKept: (id: string) => void
}

export function createWorkerReloads(send: (message: FromWorker) => void): WorkerReloads {
  // Of the turn that is running.
  let given: FileTexts | undefined
  let read: FileTexts | undefined

  const take = (current: Current, turn: Turn): FileTexts | undefined => {
    given = turn.texts
    if (turn.texts !== undefined) current.avoid(turn.avoid)
    const outcome = current.reload(turn.reason)
    const taken = outcome === 'taken' && given === undefined ? read : undefined
    given = undefined
    read = undefined
    return taken
  }
  return {
    begin() {
      const { promise, resolve } = Promise.withResolvers<Beginning>()
      const hear = (message: ToWorker): void => {
        if (message.kind !== 'begin') return
        process.off('message', hear)
        resolve(message)
      }
      process.on('message', hear)
      send({ kind: 'begin' })
      return promise
    },
    reading: (load) => () => {
      const loaded = load(given)
      read = loaded.ok ? loaded.value.texts : undefined
      return loaded
    },
    want: (reason) => send({ kind: 'reload_wanted', reason }),
    take(turn, { current, guard }) {
      const texts = take(current, turn)
      send({ kind: 'reloaded', end: { id: fileIdOf(current.get()), texts, watched: guard.watches() } })
    },
    tellTakenBack: (id, reason) => send({ kind: 'taken_back', id, reason }),
    tellKept: (id) => send({ kind: 'reload_kept', id }),
  }
}
