import type { StatusFacts } from '#admin/status-facts.ts'
import type { AttemptEnded } from '#canonical/observe.ts'
import type { StoreMessage } from '#state/remote.ts'
import type { MetricsData } from '#telemetry/merge-metrics.ts'
import type { AlertNews } from './group-alerts.ts'

/** A reload that the guard took back: the file that was refused, by its digest, and why. */
export type TakenBack = { readonly kind: 'taken_back'; readonly digest: string; readonly reason: string }

/** What a worker tells the primary. */
export type FromWorker =
  | StoreMessage
  | TakenBack
  /** It listens, and has its operators' port there. */
  | { readonly kind: 'ready' }
  /** An attempt that the others should know of. */
  | { readonly kind: 'attempt'; readonly event: AttemptEnded }
  | { readonly kind: 'metrics'; readonly id: number; readonly data: MetricsData }
  | { readonly kind: 'status'; readonly id: number; readonly facts: StatusFacts }
  /** An alert began or ended in it: may it tell? */
  | { readonly kind: 'alert'; readonly id: number; readonly news: AlertNews }
  /** `POST /drain` at its port. */
  | { readonly kind: 'drain' }

/** What the primary tells a worker. */
export type ToWorker =
  | StoreMessage
  | TakenBack
  | { readonly kind: 'attempt'; readonly event: AttemptEnded }
  /** It is the one of the group to tell this alert. */
  | { readonly kind: 'tell_alert'; readonly id: number }
  /** It is asked for what it knows. */
  | { readonly kind: 'metrics'; readonly id: number }
  | { readonly kind: 'status'; readonly id: number }
