import type { StatusFacts } from '#admin/status-facts.ts'
import type { AttemptEnded } from '#canonical/observe.ts'
import type { ReloadReason } from '#config/current.ts'
import type { FileTexts } from '#config/load.ts'
import type { AccountUses } from '#health/account-limits.ts'
import type { ProbeResult } from '#health/prober.ts'
import type { Counts } from '#health/tally.ts'
import type { StoreMessage } from '#state/remote.ts'
import type { MetricsData } from '#telemetry/merge-metrics.ts'
import type { AlertNews, Orphan } from './group-alerts.ts'
import type { GroupShare } from './group-share.ts'
import type { Turn, TurnEnd } from './reload-turns.ts'

/** A version of the configuration that a guard took back (`fileIdOf`), and why. */
type TakenBack = { readonly kind: 'taken_back'; readonly id: string; readonly reason: string }

/** An attempt that failed, and how many its target has answered before it since the last one that was told. */
type Failed = { readonly kind: 'attempt'; readonly event: AttemptEnded; readonly answered: number }

/** What error rates are made of, since the last time that it was told. */
type CountsTold = { readonly kind: 'counts'; readonly counts: Counts }

/** A worker writes its log from this level on, by the file or by `PUT /loglevel`; or is to. */
type LogLevel = { readonly kind: 'log_level'; readonly level: string }

type Probed = { readonly kind: 'probed'; readonly provider: string; readonly result: ProbeResult }

/** What a worker begins with: what the others have, whatever the files hold. */
export type Beginning = {
  /** The clients' port, which a reload does not move: all have the same. */
  readonly listen: string
  /** Its part of what the file allows all of them together. */
  readonly share: GroupShare
  /** Its own port for the primary's questions. */
  readonly admin: string
  /** From which level on they log, whatever the file says: an operator may have changed it. */
  readonly logLevel: string
  /** With the same salt their versions have the same ids. */
  readonly salt: string
  readonly texts: FileTexts
  /** What a guard has taken back. */
  readonly avoid?: string | undefined
}

/** What a worker tells the primary. */
export type FromWorker =
  | StoreMessage
  | TakenBack
  | Failed
  | CountsTold
  | LogLevel
  | Probed
  /** What it used of providers' accounts since it last told. */
  | { readonly kind: 'use'; readonly uses: AccountUses }
  /** It starts: what should it begin with? */
  | { readonly kind: 'begin' }
  /** It listens, and has its operators' port there. */
  | { readonly kind: 'ready' }
  /** It has closed the clients' port and will end. */
  | { readonly kind: 'draining' }
  /** Its files may have changed: may it reload? */
  | { readonly kind: 'reload_wanted'; readonly reason: ReloadReason }
  | { readonly kind: 'reloaded'; readonly end: TurnEnd }
  /** Its guard has watched this version to the end. */
  | { readonly kind: 'reload_kept'; readonly id: string }
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
  | Failed
  | CountsTold
  | LogLevel
  | Probed
  /** What another worker used of providers' accounts; one that is gone uses nothing. */
  | { readonly kind: 'use'; readonly uses: AccountUses; readonly from: number }
  | { readonly kind: 'gone'; readonly worker: number }
  /** What it begins with. */
  | ({ readonly kind: 'begin' } & Beginning)
  /** It gets no connections any more. */
  | { readonly kind: 'released' }
  /** Its turn. */
  | { readonly kind: 'reload'; readonly turn: Turn }
  /** It is the one of the group to tell this alert. */
  | { readonly kind: 'tell_alert'; readonly id: number }
  /** An alert that only a worker saw that is gone. */
  | { readonly kind: 'adopt_alert'; readonly orphan: Orphan }
  /** It is asked for what it knows. */
  | { readonly kind: 'metrics'; readonly id: number }
  | { readonly kind: 'status'; readonly id: number }
