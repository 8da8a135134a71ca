import { createWheel, tickMs } from './wheel.ts'

/** Takes a timer back; harmless when it has fired. */
export type Cancel = () => void

/** Monotonic time in milliseconds, and timers on it. */
export type Clock = {
  readonly now: () => number
  /** Calls once, never early; an infinite wait is none. `background` timers do not keep the process alive. */
  readonly after: (ms: number, call: () => void, kind?: 'background') => Cancel
}

// A wake-up that comes this much too late means that the process did not run: it was stopped, or the machine slept.
const stallMs = 1000
// Timers of Node overflow after 24 days and then fire at once.
const longestSleepMs = 3_600_000

/**
 * The real clock. All its timers share one timer of Node, which is set for the next moment that anything is due.
 *
 * While the process is stopped (a debugger, a frozen container, a sleeping laptop) this clock stands still, so that a
 * provider is not called silent for the time in which nobody listened.
 */
export function createClock(monotonicMs: () => number = () => performance.now()): Clock {
  const wheel = createWheel(monotonicMs())
  let lostMs = 0
  let lastMs = monotonicMs()
  let wakeAtMs = Number.POSITIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  let foreground = 0

  const now = (): number => {
    const realMs = monotonicMs()
    if (realMs - lostMs - wakeAtMs > stallMs) lostMs = realMs - Math.max(wakeAtMs, lastMs)
    lastMs = Math.max(lastMs, realMs - lostMs)
    return lastMs
  }
  const setWake = (atMs: number): void => {
    clearTimeout(timer)
    wakeAtMs = atMs
    if (atMs === Number.POSITIVE_INFINITY) return
    const nowMs = now()
    wakeAtMs = Math.min(atMs, nowMs + longestSleepMs)
    timer = setTimeout(wake, Math.max(1, wakeAtMs - nowMs))
    if (foreground === 0) timer.unref()
  }
  const wake = (): void => {
    const nowMs = now()
    wakeAtMs = Number.POSITIVE_INFINITY
    try {
      wheel.expire(nowMs)
    } finally {
      setWake(wheel.nextMs())
    }
  }
  const hold = (change: 1 | -1): void => {
    foreground += change
    if (foreground === 0) timer?.unref()
    else timer?.ref()
  }

  return {
    now,
    after(ms, call, kind) {
      if (ms === Number.POSITIVE_INFINITY) return () => {}
      let pending = true
      const background = kind === 'background'
      const release = (): void => {
        pending = false
        if (!background) hold(-1)
      }
      const entry = wheel.add(now() + Math.max(0, ms), () => {
        release()
        call()
      })
      const dueMs = entry.dueTick * tickMs
      if (dueMs < wakeAtMs) setWake(dueMs)
      if (!background) hold(1)
      return () => {
        if (!pending) return
        entry.unlink()
        release()
      }
    },
  }
}
