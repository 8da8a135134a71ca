import type { Clock } from '#lib/clock.ts'

/** How late this process is with its own work. */
export type LoopLag = {
  /** A request is here: looks for as long as there are some. */
  readonly watch: () => void
  /** The median of the last looks, in milliseconds: one long pause is no overload. */
  readonly ms: () => number
}

const everyMs = 100
const looks = 5

/** Watches how late timers fire. `monotonicMs` is real time, which goes on while the process does not run. */
export function createLoopLag(clock: Clock, busy: () => boolean, monotonicMs: () => number): LoopLag {
  let late: readonly number[] = []
  let medianMs = 0
  let isWatching = false
  const look = (dueMs: number): void => {
    const nowMs = monotonicMs()
    isWatching = busy()
    late = isWatching ? [...late.slice(1 - looks), Math.max(0, nowMs - dueMs)] : []
    medianMs = late.length < looks ? 0 : (late.toSorted((a, b) => a - b)[Math.floor(looks / 2)] ?? 0)
    if (isWatching) schedule(nowMs)
  }
  const schedule = (nowMs: number): void => {
    clock.after(everyMs, () => look(nowMs + everyMs), 'background')
  }
  return {
    watch() {
      if (isWatching) return
      isWatching = true
      schedule(monotonicMs())
    },
    ms: () => medianMs,
  }
}
