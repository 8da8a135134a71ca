import { createSlidingCount } from '#lib/sliding-count.ts'

/** Keeps retries a share of requests, so that an outage cannot multiply traffic: all requests draw on it. */
export type RetryBudget = {
  /** A client's request arrived. */
  readonly request: (nowMs: number) => void
  /** Whether one more retry may be made; counts it when it may. */
  readonly tryRetry: (nowMs: number) => boolean
}

const windowMs = 10_000
const slotCount = 20
/** However few requests there are, this many retries are allowed over the window. */
const floor = (10 * windowMs) / 1000

/**
 * Counts requests and retries of the last 10 seconds. `ratio` (0–1) is asked each time, so that a reload takes effect. With
 * few requests up to 10 retries a second are allowed, whatever the ratio, unless it is 0.
 */
export function createRetryBudget(ratio: () => number): RetryBudget {
  const requests = createSlidingCount(windowMs, slotCount)
  const retries = createSlidingCount(windowMs, slotCount)
  return {
    request: (nowMs) => requests.add(nowMs),
    tryRetry(nowMs) {
      const share = ratio()
      const allowed = share === 0 ? 0 : Math.max(floor, share * requests.total(nowMs))
      if (retries.total(nowMs) + 1 > allowed) return false
      retries.add(nowMs)
      return true
    },
  }
}
