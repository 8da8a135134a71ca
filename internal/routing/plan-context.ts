import type { Target } from '#canonical/plan.ts'
import type { Snapshot } from '#health/snapshot.ts'
import type { Offer } from '#pricing/catalogue.ts'
import type { Affinity } from './affinity.ts'

/** What a plan depends on besides request and file. */
export type PlanContext = {
  readonly snapshot: Snapshot
  /** By the monotonic clock. */
  readonly nowMs: number
  /** Milliseconds since the epoch. */
  readonly wallNowMs: number
  readonly random: () => number
  /** What a target costs and how much it can read, by the wall clock. */
  readonly offerOf: (target: Target, wallNowMs: number) => Offer
  /** How many tokens answers of a route have on average. Default: not known. */
  readonly usualOutput?: (route: string) => number | undefined
  /** Targets that have read the beginning of the prompt a short time ago. Default: none have. */
  readonly readBy?: Affinity['readBy']
}
