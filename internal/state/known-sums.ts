import { createLru } from '#lib/lru.ts'

/** A sum as the server last told it. */
export type KnownSum = {
  /** The word of its making. */
  readonly word: string
  readonly used: number
  readonly untilMs: number
}

/** What is remembered of the sums at the server: where counting goes on from while it is away, or after it has lost them. */
export type KnownSums = {
  readonly get: (key: string) => KnownSum | undefined
  readonly set: (key: string, sum: KnownSum) => void
  readonly all: () => readonly (readonly [string, KnownSum])[]
}

const mostKnown = 50_000

export function createKnownSums(nowMs: () => number): KnownSums {
  const sums = createLru<string, KnownSum>(mostKnown)
  const get = (key: string): KnownSum | undefined => {
    const known = sums.get(key)
    if (known === undefined || known.untilMs > nowMs()) return known
    sums.delete(key)
    return undefined
  }
  return {
    get,
    set: (key, sum) => void sums.set(key, sum),
    all: () => [...sums.entries()].filter(([, { untilMs }]) => untilMs > nowMs()),
  }
}
