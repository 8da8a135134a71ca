import type { Price, Target, TargetId } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'
import type { Snapshot } from '#health/snapshot.ts'

/** What a plan depends on besides request and file. */
export type PlanContext = {
  readonly snapshot: Snapshot
  /** By the monotonic clock. */
  readonly nowMs: number
  readonly random: () => number
  readonly rates: (target: Target) => Price | undefined
  /** Context window in tokens, where known. */
  readonly contextOf: (target: Target) => number | undefined
  /** Targets that have read the beginning of the prompt a short time ago, with the tokens of it. Default: none have. */
  readonly readBy?: (request: Request) => ReadonlyMap<TargetId, number>
}
