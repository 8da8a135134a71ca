import type { Price, Reason, Target } from '#canonical/plan.ts'

/** What a strategy may know of a target. */
export type Candidate = {
  readonly target: Target
  readonly price?: Price | undefined
  /** USD that the request would cost there; absent without a price. */
  readonly estimatedUsd?: number | undefined
  /**
   * Milliseconds that this request would wait for its first token, or for a whole answer; undefined before the first request, and
   * for strategies that do not look at it.
   */
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
export type Ranked = { readonly target: Target; readonly reason: Reason; readonly estimatedUsd?: number }

/** Puts candidates into the order in which they are tried. Pure; `random` gives 0 ≤ x < 1. */
export type Strategy = {
  readonly name: string
  /** Whether it looks at `latencyMs`, which takes a while to work out. Default: it does not. */
  readonly isTimed?: true
  readonly order: (candidates: readonly Candidate[], random: () => number) => readonly Ranked[]
}

/** The candidate at its place, for this reason. */
export function ranked({ target, estimatedUsd }: Candidate, reason: Reason): Ranked {
  return estimatedUsd === undefined ? { target, reason } : { target, reason, estimatedUsd }
}

/**
 * The candidates by their keys, the highest first, equals as they came. For each plan: sorted by insertion, since there are few
 * of them, and what it needs is two short arrays.
 */
export function rankedBy(
  candidates: readonly Candidate[],
  keyOf: (candidate: Candidate) => number,
  reasonOf: (candidate: Candidate) => string,
): readonly Ranked[] {
  const keys: number[] = []
  const steps: Ranked[] = []
  for (const candidate of candidates) {
    const key = keyOf(candidate)
    let at = keys.length
    // What is not there is lower than every key.
    while (at > 0 && (keys[at - 1] ?? Number.NEGATIVE_INFINITY) < key) at--
    const step = ranked(candidate, () => reasonOf(candidate))
    if (at === keys.length) {
      keys.push(key)
      steps.push(step)
    } else {
      keys.splice(at, 0, key)
      steps.splice(at, 0, step)
    }
  }
  return steps
}

/**
 * Sorting by this key, the highest first, draws by weight without putting back; of weight 0 comes last. Efraimidis and Spirakis,
 * 2006: `chance ** (1 / weight)`, of which this is the logarithm. `chance`: 0 ≤ x < 1.
 */
export function drawKey(chance: number, weight: number): number {
  return weight === 0 ? Number.NEGATIVE_INFINITY : Math.log(chance) / weight
}
