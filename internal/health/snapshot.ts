import type { TargetId } from '#canonical/plan.ts'

/** Milliseconds, by nearest rank over the successful attempts of the window. */
export type Quantiles = { readonly p50: number; readonly p95: number; readonly p99: number }

/** How long a target takes, worked out when somebody asks. */
export type Times = {
  /** From the call to the first content; undefined without a stream so far. */
  readonly firstTokenMs: () => Quantiles | undefined
  /** Of the attempts that gave an answer; undefined without one. */
  readonly latencyMs: () => Quantiles | undefined
  /** What a prompt of so many tokens would be made to wait now, in milliseconds; undefined before the first answer. */
  readonly expectMs: (until: 'first_token' | 'answer', inputTokens: number) => number | undefined
}

/**
 * Whether a target may take a request. `trial`: it may take one, to show whether it works again. `refused`: its breaker is
 * open, it rests, or only a share of requests goes to it and this one is not among them.
 */
export type Admission = 'normal' | 'trial' | 'refused'

/** `closed`: traffic flows. `half_open`: a trial is due, or traffic returns in steps. `open`: no traffic. */
export type BreakerStateName = 'closed' | 'half_open' | 'open'

/** What is known of a target at one moment. */
export type TargetHealth = {
  /** Looked at, not booked: a target whose traffic returns in steps is `normal` here, with its `share` below 1. */
  readonly admit: Admission
  /** When the target may be used again, by the monotonic clock; absent when it may be now. */
  readonly restingUntilMs?: number | undefined
  /** 0–1, over the last attempts; client mistakes and cancelled attempts are no attempts. */
  readonly errorRatio: number
  /** How many attempts the numbers rest on. */
  readonly samples: number
  /** How long it takes; absent before the first attempt. */
  readonly times?: Times
  /** Attempts under way. */
  readonly inFlight: number
  /** 0–1: the part of its usual traffic that the target should get now. */
  readonly share: number
  readonly breaker: BreakerStateName
}

/** The health of all targets at one moment; a target never seen is healthy. */
export type Snapshot = { readonly of: (target: TargetId) => TargetHealth }
