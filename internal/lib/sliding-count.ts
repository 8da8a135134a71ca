/** A count over the last stretch of time. Times must not run backwards. */
export type SlidingCount = {
  /** Default amount: 1. */
  readonly add: (nowMs: number, amount?: number) => void
  readonly total: (nowMs: number) => number
}

/** Counts in slots: what is older than the window falls out a slot at a time. Costs the same however much is counted. */
export function createSlidingCount(windowMs: number, slotCount: number): SlidingCount {
  const slotMs = windowMs / slotCount
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
    add(nowMs, amount = 1) {
      advance(nowMs)
      const at = lastSlot % slotCount
      slots[at] = (slots[at] ?? 0) + amount
      total += amount
    },
    total(nowMs) {
      advance(nowMs)
      return total
    },
  }
}
