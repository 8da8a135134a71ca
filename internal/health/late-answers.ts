import type { Target, TargetId } from '#canonical/plan.ts'
import type { Store } from './store.ts'

type TargetName = Pick<Target, 'id'>

/** What tells a slow target from a silent one. Times by the monotonic clock, in milliseconds. */
export type LateAnswers = {
  /** The longest of the target's last answers that came to their end, in milliseconds; undefined before the first. */
  readonly longestAnswerMs: (target: TargetName) => number | undefined
  /**
   * Its attempt that began then was left as silent, but the provider may go on: gives what is told of its end. One attempt of
   * a target at a time; undefined while there is another.
   */
  readonly listenOn: (target: TargetName, startedMs: number) => ((answered: boolean, nowMs: number) => void) | undefined
}

export function createLateAnswers(store: Store): LateAnswers {
  const listenedTo = new Set<TargetId>()
  return {
    longestAnswerMs: ({ id }) => store.find(id)?.window.longestAnswerMs(),
    listenOn({ id }, startedMs) {
      if (listenedTo.has(id)) return undefined
      listenedTo.add(id)
      return (answered, nowMs) => {
        listenedTo.delete(id)
        const state = answered ? store.find(id) : undefined
        if (state === undefined) return
        const { window } = state
        window.addLate(nowMs - startedMs, nowMs)
        store.tell(state, { kind: 'success', startedMs, errors: window.errors(), samples: window.samples() + 1 }, nowMs)
      }
    },
  }
}
