import type { Give } from './store.ts'

/** What could not be told to the server, to be told when it is back. */
export type Owed = {
  readonly add: (give: Give) => void
  /** Takes everything out that is still worth telling. */
  readonly takeAll: () => readonly Give[]
  readonly size: () => number
}

// More keys than this are not remembered: a server that is gone for long must not fill the memory.
const mostOwed = 100_000

/** Sums are added up by key. Rates are not kept: they mend themselves within their window. */
export function createOwed(nowMs: () => number): Owed {
  const sums = new Map<string, { amount: number; readonly untilMs: number }>()
  const places = new Map<string, Give>()
  return {
    add(give) {
      if (give.kind === 'rate' || sums.size + places.size >= mostOwed) return
      if (give.kind === 'place') {
        places.set(`${give.key} ${give.id}`, give)
        return
      }
      const known = sums.get(give.key)
      if (known === undefined) sums.set(give.key, { amount: give.amount, untilMs: nowMs() + give.ttlMs })
      else known.amount += give.amount
    },
    takeAll() {
      const gives: Give[] = [...places.values()]
      for (const [key, { amount, untilMs }] of sums) {
        const ttlMs = untilMs - nowMs()
        // The period is over: nobody asks for it any more.
        if (ttlMs > 0 && amount !== 0) gives.push({ kind: 'sum', key, amount, ttlMs })
      }
      sums.clear()
      places.clear()
      return gives
    },
    size: () => sums.size,
  }
}
