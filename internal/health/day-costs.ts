import type { RequestEnded, WasteReason } from '#canonical/observe.ts'
import type { TargetId } from '#canonical/plan.ts'

/** What answers have cost since midnight (UTC), or since the start when that was later. */
export type TodaysCosts = {
  /** Milliseconds since the epoch. */
  readonly sinceMs: number
  readonly usd: number
  /** Against the first targets of the models that were asked for; below 0 when answers cost more. */
  readonly savedUsd: number
  /** What providers' own prompt caches saved; below 0 when writing to them cost more. */
  readonly promptCacheSavedUsd: number
  /** What was paid beside the answers. */
  readonly wasted: ReadonlyMap<WasteReason, number>
  /** Once there are too many targets, those whose model a client named are counted under their route's `provider/*`. */
  readonly byTarget: ReadonlyMap<TargetId, number>
}

export type DayCosts = {
  readonly add: (event: Pick<RequestEnded, 'target' | 'costUsd' | 'savedUsd' | 'promptCacheSavedUsd' | 'attempts'>) => void
  readonly today: () => TodaysCosts
}

const dayMs = 86_400_000
const mostNames = 500

export function createDayCosts(wallNowMs: () => number): DayCosts {
  const byTarget = new Map<TargetId, number>()
  let sinceMs = wallNowMs()
  const wasted = new Map<WasteReason, number>()
  let usd = 0
  let savedUsd = 0
  let promptCacheSavedUsd = 0

  const turn = (): void => {
    const midnightMs = Math.floor(wallNowMs() / dayMs) * dayMs
    if (midnightMs <= sinceMs) return
    sinceMs = midnightMs
    usd = 0
    savedUsd = 0
    promptCacheSavedUsd = 0
    byTarget.clear()
    wasted.clear()
  }
  return {
    add({ target, costUsd, savedUsd: saved = 0, promptCacheSavedUsd: cached = 0, attempts }) {
      turn()
      savedUsd += saved
      promptCacheSavedUsd += cached
      for (const { wasted: waste } of attempts) {
        if (waste !== undefined) wasted.set(waste.reason, (wasted.get(waste.reason) ?? 0) + waste.usd)
      }
      if (costUsd === undefined) return
      usd += costUsd
      if (target === undefined) return
      const name = byTarget.has(target.id) || byTarget.size < mostNames ? target.id : (target.label ?? target.id)
      byTarget.set(name, (byTarget.get(name) ?? 0) + costUsd)
    },
    today() {
      turn()
      return { sinceMs, usd, savedUsd, promptCacheSavedUsd, wasted: new Map(wasted), byTarget: new Map(byTarget) }
    },
  }
}
