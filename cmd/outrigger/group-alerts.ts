import type { AlertNotice } from '#health/alert-board.ts'

/** An alert began or ended in a worker. `key` is the same in all of them. Holds the webhooks' URLs, which are secrets: never for the log. */
export type AlertNews = { readonly key: string; readonly notice: AlertNotice }

/** An alert that was told and that nobody sees any more, since the only worker that saw it is gone; it has fired for so long. */
export type Orphan = { readonly notice: AlertNotice; readonly forMs: number }

/** Which alerts the workers of a group see, so that one of them tells each, not every one. */
export type GroupAlerts = {
  /** Whether this worker is the one to tell: it is the first that sees it begin, or the last that sees it end. */
  readonly isTold: (worker: number, news: AlertNews) => boolean
  readonly left: (worker: number) => void
  /** Gives this worker the alerts that only a worker saw that left: their end must be told, too. */
  readonly adoptedBy: (worker: number) => readonly Orphan[]
}

export function createGroupAlerts(nowMs: () => number): GroupAlerts {
  const firing = new Map<string, { readonly notice: AlertNotice; readonly sinceMs: number; readonly seers: Set<number> }>()
  return {
    isTold(worker, { key, notice }) {
      const known = firing.get(key)
      if (notice.status === 'firing') {
        if (known === undefined) firing.set(key, { notice, sinceMs: nowMs(), seers: new Set([worker]) })
        else known.seers.add(worker)
        return known === undefined
      }
      if (known === undefined || !known.seers.delete(worker) || known.seers.size > 0) return false
      return firing.delete(key)
    },
    left(worker) {
      for (const { seers } of firing.values()) seers.delete(worker)
    },
    adoptedBy(worker) {
      const orphans = [...firing.values()].filter(({ seers }) => seers.size === 0)
      for (const { seers } of orphans) seers.add(worker)
      return orphans.map(({ notice, sinceMs }) => ({ notice, forMs: nowMs() - sinceMs }))
    },
  }
}

/** What makes a notice the same as another worker's. */
export function newsOf(notice: AlertNotice): AlertNews {
  return { key: JSON.stringify([notice.key, notice.webhooks.map(({ url }) => url)]), notice }
}
