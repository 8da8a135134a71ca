import type { Observer, RelayEvent } from '#canonical/observe.ts'

export type Books = {
  readonly observe: Observer
  /** Writes down at once what waits: before anybody reads the books. */
  readonly settle: () => void
}

/**
 * For observers that write down what has happened, and upon which no request depends: they hear of it at the end of the event loop's turn,
 * each of all that has happened in it, so that its code is in the processor's caches for all but the first (docs/performance.md). `onBug`
 * hears what an observer throws.
 */
export function keepBooks(observers: readonly Observer[], onBug: (error: unknown) => void): Books {
  let waiting: RelayEvent[] = []
  const settle = (): void => {
    if (waiting.length === 0) return
    const events = waiting
    waiting = []
    for (const observe of observers) tellAll(observe, events, onBug)
  }
  return {
    observe(event) {
      if (waiting.push(event) === 1) setImmediate(settle)
    },
    settle,
  }
}

function tellAll(observe: Observer, events: readonly RelayEvent[], onBug: (error: unknown) => void): void {
  for (const event of events) {
    try {
      observe(event)
    } catch (error) {
      onBug(error)
    }
  }
}
