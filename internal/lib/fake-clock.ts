import type { Clock } from './clock.ts'

export type FakeClock = Clock & {
  /** Lets time pass; what comes due is called at its own moment, in order. */
  readonly advance: (ms: number) => void
  /** Timers that have not fired. */
  readonly pending: () => number
}

/** A clock for tests, which only moves when told. */
export function createFakeClock(startMs = 0): FakeClock {
  let nowMs = startMs
  const timers = new Set<{ readonly atMs: number; readonly call: () => void }>()
  const nextDue = (untilMs: number): { readonly atMs: number; readonly call: () => void } | undefined => {
    let next: { readonly atMs: number; readonly call: () => void } | undefined
    for (const timer of timers) {
      if (timer.atMs <= untilMs && (next === undefined || timer.atMs < next.atMs)) next = timer
    }
    return next
  }
  return {
    now: () => nowMs,
    after(ms, call) {
      if (ms === Number.POSITIVE_INFINITY) return () => {}
      const timer = { atMs: nowMs + Math.max(0, ms), call }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance(ms) {
      const untilMs = nowMs + ms
      for (let timer = nextDue(untilMs); timer !== undefined; timer = nextDue(untilMs)) {
        timers.delete(timer)
        nowMs = timer.atMs
        timer.call()
      }
      nowMs = untilMs
    },
    pending: () => timers.size,
  }
}
