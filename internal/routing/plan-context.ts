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
  /** What a target costs for a prompt of this length, and how much it can read. */
  readonly offerOf: (target: Target, wallNowMs: number, inputTokens?: number) => Offer
  /** How many tokens answers of a route have on average. Default: not known. */
  readonly usualOutput?: (route: string) => number | undefined
  /** Targets that have read the beginning of the prompt a short time ago. Default: none have. */
  readonly readBy?: Affinity['readBy']
}
