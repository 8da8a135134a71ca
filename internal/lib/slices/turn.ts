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

/** What work comes to that stops after each slice of it, in one go. */
export function inOneGo<T>(work: Generator<void, T>): T {
  let step = work.next()
  while (step.done !== true) step = work.next()
  return step.value
}

/** The same with a turn for others at each stop; undefined when nobody wants it any more. */
export async function inTurns<T>(work: Generator<void, T>, turn: Turn): Promise<T | undefined> {
  let step = work.next()
  while (step.done !== true) {
    if (!(await turn())) return undefined
    step = work.next()
  }
  return step.value
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
