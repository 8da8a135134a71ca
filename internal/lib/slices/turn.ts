import { setImmediate as afterOthers } from 'node:timers/promises'

/** Lets everything else that waits have its turn; false when nobody wants the work's result any more. */
export type Turn = () => Promise<boolean>

/**
 * From this many bytes on, JSON is read and written in slices: what is smaller takes a few milliseconds in one go, which is quicker, and
 * nobody notices.
 */
export const largeBytes = 1024 * 1024

/** How much of a large text is worked on in one turn, in bytes: one or two milliseconds of work. */
export const sliceBytes = 128 * 1024

/** Where a slice of a text ends that begins at `from`: two halves of one character stay together. */
export function endOfSlice(text: string, from: number, slice = sliceBytes): number {
  const to = Math.min(from + slice, text.length)
  return (text.codePointAt(to - 1) ?? 0) > 0xffff ? to + 1 : to
}

/** Lets others have their turn each time that a slice's work has been done; what it is told is how much has just been done. */
export function paced(turn: Turn, slice = sliceBytes): (done: number) => true | Promise<boolean> {
  let since = 0
  return (done) => {
    since += done
    if (since < slice) return true
    since = 0
    return turn()
  }
}

/** Turns for work that is wanted in any case. */
export const turnsForAll: Turn = turnsUntil(() => false)

/** Turns of the event loop, until `isOver` says that the work is for nobody. */
export function turnsUntil(isOver: () => boolean): Turn {
  return async () => {
    await afterOthers()
    return !isOver()
  }
}
