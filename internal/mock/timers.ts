/** Timers that end with the mock. */
export type Timers = {
  /** Calls back once; the result takes it back. An infinite wait is none. */
  readonly after: (ms: number, call: () => void) => () => void
  readonly clear: () => void
}

/** Timers on the real clock. */
export function createTimers(): Timers {
  const running = new Set<NodeJS.Timeout>()
  return {
    after(ms, call) {
      if (ms === Number.POSITIVE_INFINITY) return () => {}
      const timer = setTimeout(() => {
        running.delete(timer)
        call()
      }, ms)
      running.add(timer)
      return () => {
        running.delete(timer)
        clearTimeout(timer)
      }
    },
    clear() {
      for (const timer of running) clearTimeout(timer)
      running.clear()
    },
  }
}
