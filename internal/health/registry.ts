import type { Observer } from '#canonical/observe.ts'
import type { Target, TargetId } from '#canonical/plan.ts'
import type { Config } from '#config/config.ts'
import type { TripReason } from './breaker.ts'
import type { Admission, BreakerStateName, Snapshot, TargetHealth } from './snapshot.ts'

/** A target as `/status` and the metrics show it. */
export type TargetStatus = TargetHealth & {
  readonly target: TargetId
  readonly provider: string
  /** Why the breaker is not closed. */
  readonly reason?: TripReason
  /** Milliseconds until the target may be used again; 0 when it may be now. */
  readonly restsForMs: number
}

/** A breaker changed its state. */
export type Transition = {
  readonly target: TargetId
  readonly from: BreakerStateName
  readonly to: BreakerStateName
  /** Why it opened; absent when it closes. */
  readonly reason?: TripReason
  readonly atMs: number
}

/** What is known of targets and keys across requests. */
export type Health = {
  /** Hears what the relay tells. */
  readonly observe: Observer
  /**
   * Whether the target may take a request now. `trial` books the one place for a trial; the end of the attempt frees it, and
   * so does time when no attempt follows.
   */
  readonly admit: (target: Target, nowMs: number) => Admission
  /** The index of a key that does not rest, in turn; undefined when all rest. `target` also skips keys limited for it alone. */
  readonly pickKey: (provider: string, keyCount: number, nowMs: number, target?: TargetId) => number | undefined
  readonly snapshot: (nowMs: number) => Snapshot
  /** The `auto` limit of the silence before the first token: `baseMs`, or more where the target's own window needs it. */
  readonly firstTokenTimeoutMs: (target: Target, baseMs: number, nowMs: number) => number
  readonly status: (nowMs: number) => readonly TargetStatus[]
  /** Takes a new configuration; what is known of targets that still exist stays. */
  readonly reconfigure: (config: Config) => void
  readonly onTransition: (listener: (transition: Transition) => void) => void
}

/** `random` gives 0 ≤ x < 1. */
export type HealthOptions = { readonly random: () => number }
