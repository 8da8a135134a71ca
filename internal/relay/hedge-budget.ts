import { createSlidingCount } from '#lib/sliding-count.ts'

/** Keeps second requests a share of all: what hedging may cost. */
export type HedgeBudget = {
  /** A client's request arrived. */
  readonly request: (nowMs: number) => void
  /** Whether one more second request may be made; counts it when it may. */
  readonly tryHedge: (nowMs: number) => boolean
}

// Long enough that a relay with a request every few seconds may hedge now and then.
const windowMs = 5 * 60_000
const slotCount = 60

/**
 * Counts requests and second requests of the last five minutes. `ratio` (0–1) is asked each time, so that a reload takes
 * effect; without a floor, since a hedge is a comfort and never a need.
 */
export function createHedgeBudget(ratio: () => number): HedgeBudget {
  const requests = createSlidingCount(windowMs, slotCount)
  const hedges = createSlidingCount(windowMs, slotCount)
  return {
    request: (nowMs) => requests.add(nowMs),
    tryHedge(nowMs) {
      if (hedges.total(nowMs) + 1 > ratio() * requests.total(nowMs)) return false
      hedges.add(nowMs)
      return true
    },
  }
}
