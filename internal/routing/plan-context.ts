import type { Price, Target } from '#canonical/plan.ts'
import type { Snapshot } from '#health/snapshot.ts'
import type { Affinity } from './affinity.ts'

/** What a plan depends on besides request and file. */
export type PlanContext = {
  readonly snapshot: Snapshot
  /** By the monotonic clock. */
  readonly nowMs: number
  /** Milliseconds since the epoch. */
  readonly wallNowMs: number
  readonly random: () => number
  readonly rates: (target: Target) => Price | undefined
  /** Context window in tokens, where known. */
  readonly contextOf: (target: Target) => number | undefined
  /** How many tokens answers of a route have on average. Default: not known. */
  readonly usualOutput?: (route: string) => number | undefined
  /** Targets that have read the beginning of the prompt a short time ago. Default: none have. */
  readonly readBy?: Affinity['readBy']
}
