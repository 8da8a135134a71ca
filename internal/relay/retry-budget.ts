/** Keeps retries a share of requests, so that an outage cannot multiply traffic: all requests draw on it. */
export type RetryBudget = {
  /** A client's request arrived. */
  readonly request: (nowMs: number) => void
  /** Whether one more retry may be made; counts it when it may. */
  readonly tryRetry: (nowMs: number) => boolean
}

const windowMs = 10_000
const slotMs = 500
const slotCount = windowMs / slotMs
/** However few requests there are, this many retries are allowed over the window. */
const floor = (10 * windowMs) / 1000

/**
 * Counts requests and retries of the last 10 seconds. `ratio` (0–1) is asked each time, so that a reload takes effect. With
 * few requests up to 10 retries a second are allowed, whatever the ratio, unless it is 0.
 */
export function createRetryBudget(ratio: () => number): RetryBudget {
  const requests = createCount()
  const retries = createCount()
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

type Count = { readonly add: (nowMs: number) => void; readonly total: (nowMs: number) => number }

/** A count over the last 10 seconds, in slots of half a second. */
function createCount(): Count {
  const slots = new Float64Array(slotCount)
  let lastSlot = 0
  let total = 0
  const advance = (nowMs: number): void => {
    const slot = Math.floor(nowMs / slotMs)
    const passed = Math.min(slot - lastSlot, slotCount)
    for (let step = 1; step <= passed; step++) {
      const at = (lastSlot + step) % slotCount
      total -= slots[at] ?? 0
      slots[at] = 0
    }
    lastSlot = Math.max(lastSlot, slot)
  }
  return {
    add(nowMs) {
      advance(nowMs)
      const at = lastSlot % slotCount
      slots[at] = (slots[at] ?? 0) + 1
      total++
    },
    total(nowMs) {
      advance(nowMs)
      return total
    },
  }
}
