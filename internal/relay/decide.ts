import type { Failure, FailureKind } from '#canonical/failure.ts'
import { type BackoffConfig, backoffMs } from './backoff.ts'

/**
 * What a failure leads to. `same`: once more at the same target, then the next. `next`: the plan's next target. `larger`: the
 * next one with a larger context window. `rest_key`: another key of the same provider, or the next target when none is free.
 * `stop`: the client gets the error.
 */
export type OnFailure = 'same' | 'next' | 'larger' | 'stop' | 'rest_key'

/** The routing file's `retry`. */
export type DecidePolicy = {
  /** What each class of failure leads to; a class that is left out has its default. */
  readonly on_failure: Readonly<Partial<Record<FailureKind, OnFailure | undefined>>>
  readonly backoff: BackoffConfig
  /** 0 ≤ x < 1. */
  readonly random: () => number
}

/** What the decision rests on besides the failure. */
export type Facts = {
  /** Attempts made so far for this request, the failed one included. */
  readonly attempts: number
  /** Attempts allowed in total. */
  readonly maxAttempts: number
  /** Of those made, how many in a row went to the target that failed. */
  readonly attemptsAtTarget: number
  /** Whether another key of the provider is free. */
  readonly hasOtherKey: boolean
  /** Whether the plan has another target that may be used. */
  readonly hasNext: boolean
  /** Milliseconds until the request's deadline. */
  readonly leftMs: number
}

/** What to do after waiting. `rest_key` is only said when another key is free. */
export type Decision = { readonly action: OnFailure; readonly waitMs: number }

/** A wait that a provider asks for is waited out on the same target up to this; a longer one rests the target. */
const longestWaitOutMs = 3000

const defaults: Readonly<Record<FailureKind, OnFailure>> = {
  server: 'same',
  network: 'same',
  overloaded: 'next',
  rate_limit: 'next',
  timeout: 'next',
  malformed: 'next',
  not_found: 'next',
  unsupported: 'next',
  context_length: 'larger',
  auth: 'rest_key',
  billing: 'rest_key',
  content_filter: 'stop',
  invalid_request: 'stop',
  cancelled: 'stop',
}

const stop: Decision = { action: 'stop', waitMs: 0 }

/**
 * What a failure before the first content leads to. Pure. After content was sent nothing here applies: a broken answer is
 * continued or ends.
 */
export function decide(failure: Failure, facts: Facts, policy: DecidePolicy): Decision {
  const wanted = actionOn(failure.kind, policy)
  if (wanted === 'stop' || facts.attempts >= facts.maxAttempts || facts.leftMs <= 0) return stop
  if (wanted === 'larger') return facts.hasNext ? { action: 'larger', waitMs: 0 } : stop
  if (facts.hasOtherKey && keyIsAtFault(failure, wanted)) return { action: 'rest_key', waitMs: 0 }
  return (wantsSame(failure, facts, wanted) ? sameTarget(failure, facts, policy) : undefined) ?? leave(failure, facts, policy)
}

/** What the policy wants for this class, whatever else is known. */
export function actionOn(kind: FailureKind, { on_failure }: Pick<DecidePolicy, 'on_failure'>): OnFailure {
  return kind === 'cancelled' ? 'stop' : (on_failure[kind] ?? defaults[kind])
}

/** Whether the policy would have the same target: once, or on and on where the plan has no other. */
function wantsSame(failure: Failure, facts: Facts, wanted: OnFailure): boolean {
  const again = wanted === 'same' || isShortLimit(failure)
  return again && (facts.attemptsAtTarget < 2 || !facts.hasNext)
}

function leave(failure: Failure, facts: Facts, policy: DecidePolicy): Decision {
  if (facts.hasNext) return { action: 'next', waitMs: moveWaitMs(failure, facts, policy) }
  return curableByWaiting.has(failure.kind) ? (sameTarget(failure, facts, policy) ?? stop) : stop
}

function keyIsAtFault(failure: Failure, wanted: OnFailure): boolean {
  return wanted === 'rest_key' || (failure.kind === 'rate_limit' && failure.permanent !== true)
}

/** A limit that is over soon: changing the target would lose what its provider has cached. */
function isShortLimit({ kind, retryAfterMs }: Failure): boolean {
  return kind === 'rate_limit' && retryAfterMs !== undefined
}

// The only target of a plan is asked again for these, even though the policy would rather have another.
const curableByWaiting: ReadonlySet<FailureKind> = new Set(['server', 'network', 'overloaded', 'rate_limit', 'malformed'])

/** Once more at the same target; undefined when it does not help or the wait is too long. What the provider asks for is a floor. */
function sameTarget(failure: Failure, facts: Facts, policy: DecidePolicy): Decision | undefined {
  if (failure.permanent === true) return undefined
  const backoff = backoffMs(facts.attempts, policy.backoff, policy.random)
  const { retryAfterMs } = failure
  if (retryAfterMs === undefined) return { action: 'same', waitMs: Math.min(backoff, facts.leftMs / 4) }
  if (retryAfterMs > longestWaitOutMs || retryAfterMs >= facts.leftMs) return undefined
  // Spread a little, so that all who were told the same moment do not come back in it.
  const askedMs = retryAfterMs * (1 + (policy.backoff.jitter / 2) * policy.random())
  return { action: 'same', waitMs: failure.kind === 'rate_limit' && retryAfterMs > 0 ? askedMs : Math.max(backoff, askedMs) }
}

// Nothing is overloaded there: the provider only cannot do what is asked. And who was silent has been waited for already.
const moveAtOnce: ReadonlySet<FailureKind> = new Set(['not_found', 'unsupported', 'auth', 'billing', 'timeout'])

/** A move waits too, so that a fault that hits many requests does not throw them all at the next target in one moment. */
function moveWaitMs(failure: Failure, facts: Facts, policy: DecidePolicy): number {
  // Who told us when to come back has told so to everybody, each at its own moment.
  if (moveAtOnce.has(failure.kind) || (failure.kind === 'rate_limit' && failure.retryAfterMs !== undefined)) return 0
  return Math.min(backoffMs(facts.attempts, policy.backoff, policy.random), facts.leftMs / 4)
}
