export type AlertName =
  | 'error_rate'
  | 'breaker_open'
  | 'key_refused'
  | 'budget_nearly_spent'
  | 'state_unavailable'
  | 'config_refused'

/** Where people are told. The URL is a secret. */
export type Webhook = { readonly url: string; readonly format: 'auto' | 'json' | 'slack' }

/** What an alert says. Its webhooks are secret, the rest is not. */
export type Alert = {
  readonly alert: AlertName
  /** What it is about: a target, `provider#key`, a client; `all` for everything together. */
  readonly target: string
  /** A sentence for people. */
  readonly text: string
  /** Where to tell, besides the log and the metrics. */
  readonly webhooks: readonly Webhook[]
  /** For `error_rate`: 0–1, and of how many requests. */
  readonly errorRatio?: number
  readonly requests?: number
}

/** An alert began or ended. `key` is the same in all processes with the same routing file. */
export type AlertNotice = Alert & { readonly key: string; readonly status: 'firing' | 'resolved'; readonly atMs: number }

export type Firing = Alert & { readonly sinceMs: number }

/** The alerts that are firing. Each is told once when it begins and once when it is over. */
export type AlertBoard = {
  readonly fire: (key: string, alert: Alert, nowMs: number) => void
  /** It fires, and was told of already. Unless it is fired or kept here, it is over after a while. */
  readonly adopt: (key: string, alert: Alert, times: { readonly sinceMs: number; readonly nowMs: number }) => void
  /** The reason is gone; it is said after a while, unless the alert is fired or kept before. */
  readonly clear: (key: string, nowMs: number) => void
  /** Neither good nor bad: what fires goes on firing. */
  readonly keep: (key: string) => void
  /** Says what has been over for long enough. */
  readonly sweep: (nowMs: number) => void
  readonly firing: () => readonly Firing[]
  /** Whether nothing fires. */
  readonly isQuiet: () => boolean
}

// Telling an end and a new beginning each minute would teach people to look away.
const quietMs = 60_000

export function createAlertBoard(notify: (notice: AlertNotice) => void): AlertBoard {
  const entries = new Map<string, { alert: Alert; readonly sinceMs: number; clearSinceMs: number | undefined }>()
  return {
    fire(key, alert, nowMs) {
      const known = entries.get(key)
      if (known !== undefined) {
        known.alert = alert
        known.clearSinceMs = undefined
        return
      }
      entries.set(key, { alert, sinceMs: nowMs, clearSinceMs: undefined })
      notify({ ...alert, key, status: 'firing', atMs: nowMs })
    },
    adopt(key, alert, { sinceMs, nowMs }) {
      if (!entries.has(key)) entries.set(key, { alert, sinceMs, clearSinceMs: nowMs })
    },
    clear(key, nowMs) {
      const known = entries.get(key)
      if (known !== undefined) known.clearSinceMs ??= nowMs
    },
    keep(key) {
      const known = entries.get(key)
      if (known !== undefined) known.clearSinceMs = undefined
    },
    sweep(nowMs) {
      for (const [key, { alert, clearSinceMs }] of entries) {
        if (clearSinceMs === undefined || nowMs - clearSinceMs < quietMs) continue
        entries.delete(key)
        notify({ ...alert, key, status: 'resolved', atMs: nowMs })
      }
    },
    firing: () => [...entries.values()].map(({ alert, sinceMs }) => ({ ...alert, sinceMs })),
    isQuiet: () => entries.size === 0,
  }
}
