import type { KnownSums } from './known-sums.ts'
import type { MemoryStore } from './memory.ts'
import type { Take, Taken } from './store.ts'

export type AloneDeps = {
  readonly memory: MemoryStore
  readonly known: KnownSums
  /** How many instances share the server, this one included. */
  readonly replicas: () => number
}

/**
 * Counts while the server is away: budgets from where they were last seen, and of what was left then only this instance's part,
 * so that all together do not overspend. Rates and places are this instance's own.
 */
export function takeAlone(takes: readonly Take[], { memory, known, replicas }: AloneDeps): Taken {
  return memory.take(
    takes.map((take) => {
      const remembered = take.kind === 'sum' ? known.get(take.key) : undefined
      if (take.kind !== 'sum' || remembered === undefined) return take
      memory.raise(take.key, remembered.used, take.ttlMs)
      const left = Math.max(0, take.limit - remembered.used)
      return { ...take, limit: remembered.used + Math.floor(left / Math.max(1, replicas())) }
    }),
  )
}
