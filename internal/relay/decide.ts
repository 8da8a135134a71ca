import type { Failure, FailureKind } from '#canonical/failure.ts'

/**
 * What a failure leads to. `same`: the same target once more. `next`: the plan's next target. `larger`: the next one with a
 * larger context window. `rest_key`: another key of the same provider, or the next target when there is none. `stop`: the client gets the error.
 */
export type OnFailure = 'same' | 'next' | 'larger' | 'stop' | 'rest_key'

/** What each class of failure leads to; a class that is left out has its default. */
export type FailurePolicy = Readonly<Partial<Record<FailureKind, OnFailure>>>

/** What `decide` needs to know besides the failure. */
export type Facts = {
  /** Attempts made so far for this request, the failed one included. */
  readonly attempts: number
  /** Attempts allowed in total. */
  readonly maxAttempts: number
  /** Attempts made in a row at the failed target, the failed one included. */
  readonly attemptsAtTarget: number
  /** Whether another key of the provider is free. */
  readonly hasOtherKey: boolean
  /** Whether the plan has another target that may be used. */
  readonly hasNext: boolean
  /** Milliseconds until the request's deadline. */
  readonly leftMs: number
}

/** What to do, after waiting. `larger` and `next` stop where there is no such target. */
export type Decision = { readonly action: 'same' | 'next' | 'larger' | 'rest_key' | 'stop'; readonly waitMs: number }

export type Decide = (failure: Failure, facts: Facts) => Decision
