import type { Effort, Reasoning } from '#canonical/request.ts'

const order: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/** Tokens that stand for an effort where a model is told by a budget. */
const budgets: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 32_768,
  max: 65_536,
}

/** The effort that was asked for, in words; undefined when the model shall decide. */
export function effortOf({ effort, budgetTokens }: Reasoning): Effort | undefined {
  if (effort !== undefined) return effort
  if (budgetTokens === undefined || budgetTokens < 0) return undefined
  if (budgetTokens === 0) return 'none'
  if (budgetTokens < 1025) return 'minimal'
  if (budgetTokens <= 4096) return 'low'
  if (budgetTokens <= 12_288) return 'medium'
  return budgetTokens <= 24_576 ? 'high' : 'xhigh'
}

/** The budget that was asked for, at most `max` tokens. */
export function budgetOf({ effort, budgetTokens }: Reasoning, max: number): number {
  const asked = budgetTokens !== undefined && budgetTokens >= 0 ? budgetTokens : budgets[effort ?? 'medium']
  return Math.min(asked, max)
}

/** The effort that the model takes and that is nearest to the one asked for; of two equally near, the stronger, but never more than `high` when less was asked. */
export function nearestEffort(effort: Effort, taken: readonly Effort[]): Effort {
  const wanted = order.indexOf(effort)
  let best = effort
  let least = Number.POSITIVE_INFINITY
  for (const candidate of taken) {
    const distance = Math.abs(order.indexOf(candidate) - wanted)
    const stronger = distance === least && order.indexOf(candidate) <= order.indexOf('high')
    if (distance < least || stronger) {
      least = distance
      best = candidate
    }
  }
  return best
}
