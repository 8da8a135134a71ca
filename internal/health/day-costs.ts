import type { RequestEnded } from '#canonical/observe.ts'
import type { TargetId } from '#canonical/plan.ts'

/** What answers have cost since midnight (UTC), or since the start when that was later. */
export type TodaysCosts = {
  /** Milliseconds since the epoch. */
  readonly sinceMs: number
  readonly usd: number
  /** Once there are too many targets, those whose model a client named are counted under their route's `provider/*`. */
  readonly byTarget: ReadonlyMap<TargetId, number>
}

export type DayCosts = {
  readonly add: (event: Pick<RequestEnded, 'target' | 'costUsd'>) => void
  readonly today: () => TodaysCosts
}

const dayMs = 86_400_000
const mostNames = 500

export function createDayCosts(wallNowMs: () => number): DayCosts {
  const byTarget = new Map<TargetId, number>()
  let sinceMs = wallNowMs()
  let usd = 0

  const turn = (): void => {
    const midnightMs = Math.floor(wallNowMs() / dayMs) * dayMs
    if (midnightMs <= sinceMs) return
    sinceMs = midnightMs
    usd = 0
    byTarget.clear()
  }
  return {
    add({ target, costUsd }) {
      if (costUsd === undefined) return
      turn()
      usd += costUsd
      if (target === undefined) return
      const name = byTarget.has(target.id) || byTarget.size < mostNames ? target.id : (target.label ?? target.id)
      byTarget.set(name, (byTarget.get(name) ?? 0) + costUsd)
    },
    today() {
      turn()
      return { sinceMs, usd, byTarget: new Map(byTarget) }
    },
  }
}
