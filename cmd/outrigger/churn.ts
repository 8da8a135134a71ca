// Collections so close to each other that they take a good part of the time.
const churnMs = 500
const churnGrowth = 1.1
// Long enough that a pause in the traffic is not taken for its end.
const churnForMs = 15_000

/** A collection of the whole heap: when it was, by the monotonic clock, and what it has left. */
export type Collection = { readonly atMs: number; readonly heapUsed: number }

/**
 * Whether collecting early is in vain, as far as the collections tell: one soon after another that had left as much. What requests leave behind when
 * a thousand streams begin would lie about for minutes, if V8 let the heap double; but large requests make so much garbage that V8 would do little
 * else than collect it.
 */
export function createChurnJudge(): {
  readonly note: (collection: Collection) => void
  readonly isChurning: (nowMs: number) => boolean
} {
  let last: Collection | undefined
  let untilMs = 0
  return {
    note(collection) {
      const isSoon = last !== undefined && collection.atMs - last.atMs < churnMs
      if (isSoon && collection.heapUsed < (last?.heapUsed ?? 0) * churnGrowth) untilMs = collection.atMs + churnForMs
      last = collection
    },
    isChurning: (nowMs) => nowMs < untilMs,
  }
}
