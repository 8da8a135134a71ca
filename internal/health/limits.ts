import type { Failure } from '#canonical/failure.ts'
import type { LimitHints } from './read-limits.ts'

/** What is known of the limits of one key at one target. Times by the monotonic clock. */
export type KeyLimit = {
  /** No request before this. */
  readonly restUntilMs: number
  /** When the rest was learnt: what began before says nothing new. */
  readonly sinceMs: number
  /** Refusals in a row without a word on how long to wait: each doubles the rest. */
  readonly refusals: number
  /** Refusals in a row that waiting does not cure. */
  readonly permanentRefusals: number
  /** 0–1, as the last answer told; 1 after `headroomUntilMs`. */
  readonly headroom: number
  readonly headroomUntilMs: number
}

/** An attempt that ended, as far as limits go. */
export type LimitInput = {
  readonly startedMs: number
  /** Whether the target answered, refused for its limit, or neither. */
  readonly result: 'ok' | 'limited' | 'other'
  readonly failure?: Pick<Failure, 'retryAfterMs' | 'permanent'> | undefined
  readonly hints: LimitHints
}

export const unlimited: KeyLimit = {
  restUntilMs: 0,
  sinceMs: Number.NEGATIVE_INFINITY,
  refusals: 0,
  permanentRefusals: 0,
  headroom: 1,
  headroomUntilMs: 0,
}

// Without a word from the provider: 1 s, 2 s, 4 s … 60 s.
const firstRestMs = 1000
const longestGuessMs = 60_000
// A day's quota may ask for hours; one refused attempt each quarter of an hour notices when it was raised.
const longestAskedMs = 15 * 60_000
// What is learnt from an ordinary answer is only trusted for a while: limits refill all the time.
const longestLearntMs = 60_000
// A request larger than a minute's limit says nothing about smaller ones; three in a row look like a quota of 0.
const permanentRefusalsToRest = 3
const permanentRestMs = 5 * 60_000
// Below this part of a limit a target gets less traffic.
const lowHeadroom = 0.1

/** Old knowledge and an attempt's end → new knowledge. Pure. */
export function learn(limit: KeyLimit, input: LimitInput, nowMs: number): KeyLimit {
  const noted = withHeadroom(limit, input.hints, nowMs)
  const isNews = input.startedMs >= limit.sinceMs
  if (input.result === 'ok')
    return withProactiveRest(isNews ? { ...noted, restUntilMs: 0, refusals: 0, permanentRefusals: 0 } : noted, input.hints, nowMs)
  if (input.result !== 'limited') return noted
  if (input.failure?.permanent === true) return afterPermanent(noted, nowMs)
  const askedMs = input.failure?.retryAfterMs || input.hints.retryAfterMs || 0
  if (askedMs > 0) return rest(noted, Math.min(askedMs, longestAskedMs), nowMs)
  // Of many that are refused in one moment only the first doubles the rest.
  if (!isNews) return noted
  const guessMs = Math.min(firstRestMs * 2 ** noted.refusals, longestGuessMs)
  return { ...rest(noted, guessMs, nowMs), refusals: noted.refusals + 1 }
}

/** 0–1: the part of its usual traffic that the key should get at this target. */
export function shareOfLimit(limit: KeyLimit, nowMs: number): number {
  if (nowMs < limit.restUntilMs) return 0
  if (nowMs >= limit.headroomUntilMs || limit.headroom >= lowHeadroom) return 1
  return Math.max(0.1, limit.headroom / lowHeadroom)
}

function afterPermanent(limit: KeyLimit, nowMs: number): KeyLimit {
  const permanentRefusals = limit.permanentRefusals + 1
  const next = { ...limit, permanentRefusals }
  return permanentRefusals >= permanentRefusalsToRest ? rest(next, permanentRestMs, nowMs) : next
}

/** Rests the key at this target. The longer of two rests counts: a second refusal must not shorten what the first asked for. */
export function rest(limit: KeyLimit, forMs: number, nowMs: number): KeyLimit {
  return { ...limit, restUntilMs: Math.max(limit.restUntilMs, nowMs + forMs), sinceMs: nowMs }
}

function withHeadroom(limit: KeyLimit, { headroom, resetMs }: LimitHints, nowMs: number): KeyLimit {
  if (headroom === undefined) return limit
  return { ...limit, headroom, headroomUntilMs: nowMs + Math.min(resetMs ?? longestLearntMs, longestLearntMs) }
}

/** Nothing is left: the next request would be refused, so none is sent until the limit is full again. */
function withProactiveRest(limit: KeyLimit, { headroom, resetMs }: LimitHints, nowMs: number): KeyLimit {
  if (headroom !== 0 || resetMs === undefined || resetMs === 0) return limit
  return { ...limit, restUntilMs: Math.max(limit.restUntilMs, nowMs + Math.min(resetMs, longestLearntMs)) }
}
