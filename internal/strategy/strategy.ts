import type { Price, Target } from '#canonical/plan.ts'

/** What a strategy may know of a target. */
export type Candidate = {
  readonly target: Target
  readonly price?: Price | undefined
  /** USD that the request would cost there; absent without a price. */
  readonly estimatedUsd?: number | undefined
  /** Milliseconds that this request would wait for its first token, or for a whole answer; absent before the first request. */
  readonly latencyMs?: number | undefined
  readonly errorRatio: number
  /** How many attempts latency and errors rest on. */
  readonly samples: number
  readonly inFlight: number
  /** 0–1, the share of its usual traffic that the target should get. */
  readonly share: number
  /** 0 ≤ x < 1, always the same for this target and this caller: takes the place of chance where callers stay with their target. */
  readonly lot?: number | undefined
}

/** A candidate at its place, with the reason for it. */
export type Ranked = { readonly target: Target; readonly reason: string; readonly estimatedUsd?: number }

/** Puts candidates into the order in which they are tried. Pure; `random` gives 0 ≤ x < 1. */
export type Strategy = {
  readonly name: string
  readonly order: (candidates: readonly Candidate[], random: () => number) => readonly Ranked[]
}

/** The candidate at its place, for this reason. */
export function ranked({ target, estimatedUsd }: Candidate, reason: string): Ranked {
  return estimatedUsd === undefined ? { target, reason } : { target, reason, estimatedUsd }
}
