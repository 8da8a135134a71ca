import { fallback } from './fallback.ts'
import type { Strategy } from './strategy.ts'

/** One line per strategy. */
const all: readonly Strategy[] = [fallback]

const byName = new Map(all.map((strategy) => [strategy.name, strategy]))

/** The words that `strategy` may have. */
export const strategyNames: readonly string[] = [...byName.keys()]

export function findStrategy(name: string): Strategy | undefined {
  return byName.get(name)
}
