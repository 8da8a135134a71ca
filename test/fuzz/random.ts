/** Numbers that look random and are the same for the same seed (mulberry32), so that a failure can be looked at again. */
export type Random = {
  /** From 0 up to 1. */
  readonly share: () => number
  /** A whole number from 0 up to `below`. */
  readonly below: (below: number) => number
  readonly pick: <T>(items: readonly [T, ...T[]]) => T
  readonly pickAny: <T>(items: readonly T[]) => T | undefined
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const share = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number): number => Math.floor(share() * limit)
  return {
    share,
    below,
    pick: (items) => items[below(items.length)] ?? items[0],
    pickAny: (items) => items[below(items.length)],
  }
}
