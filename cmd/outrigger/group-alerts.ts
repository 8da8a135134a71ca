import type { AlertNotice } from '#health/alert-board.ts'

/** An alert began or ended in a worker. `key` is the same in all of them. */
export type AlertNews = { readonly key: string; readonly status: 'firing' | 'resolved' }

/** Which alerts the workers of a group see, so that one of them tells each, not every one. */
export type GroupAlerts = {
  /** Whether this worker is the one to tell: it is the first that sees it begin, or the last that sees it end. */
  readonly isTold: (worker: number, news: AlertNews) => boolean
  /** What only this worker saw is forgotten: rather told once more than never. */
  readonly left: (worker: number) => void
}

export function createGroupAlerts(): GroupAlerts {
  const seenBy = new Map<string, Set<number>>()
  return {
    isTold(worker, { key, status }) {
      const seers = seenBy.get(key) ?? new Set<number>()
      if (status === 'firing') {
        seenBy.set(key, seers.add(worker))
        return seers.size === 1
      }
      if (!seers.delete(worker) || seers.size > 0) return false
      seenBy.delete(key)
      return true
    },
    left(worker) {
      for (const [key, seers] of seenBy) if (seers.delete(worker) && seers.size === 0) seenBy.delete(key)
    },
  }
}

/** What makes a notice the same as another worker's. Holds the webhooks' URLs, which are secrets: never for the log. */
export function newsOf({ alert, target, status, webhooks }: AlertNotice): AlertNews {
  return { key: JSON.stringify([alert, target, webhooks.map(({ url }) => url)]), status }
}
