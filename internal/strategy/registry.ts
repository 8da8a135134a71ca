import { cost } from './cost.ts'
import { fallback } from './fallback.ts'
import { latency } from './latency.ts'
import { leastBusy } from './least-busy.ts'
import type { Strategy } from './strategy.ts'
import { weighted } from './weighted.ts'

/** One line per strategy. */
const all: readonly Strategy[] = [fallback, latency, cost, weighted, leastBusy]

const byName = new Map(all.map((strategy) => [strategy.name, strategy]))

/** The words that `strategy` may have. */
export const strategyNames: readonly string[] = [...byName.keys()]

export function findStrategy(name: string): Strategy | undefined {
  return byName.get(name)
}
