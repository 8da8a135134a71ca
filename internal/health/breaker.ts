import type { BreakerStateName } from './snapshot.ts'

/** Why a breaker opened, as data for the log and `/status`. */
export type TripReason =
  | { readonly kind: 'consecutive_errors'; readonly count: number }
  | { readonly kind: 'error_rate'; readonly ratio: number; readonly requests: number }
  /** The trial failed. */
  | { readonly kind: 'trial_failed' }
  /** Other instances see it fail; here it had not failed yet. */
  | { readonly kind: 'told_by_others' }
  /** Errors came back while traffic returned in steps; `share` is how far it had come. */
  | { readonly kind: 'return_aborted'; readonly share: number }

export type BreakerConfig = {
  readonly consecutiveErrors: number
  /** 0–1, over the window. */
  readonly errorRate: number
  /** Attempts in the window before the error rate counts. */
  readonly minRequests: number
  readonly openForMs: number
  /** Each failed return doubles the time, up to this. */
  readonly maxOpenForMs: number
  /** Whether traffic returns in steps, or all at once after a good trial. */
  readonly gradual: boolean
}

/**
 * `sinceMs` is when the state began. Attempts that began before say nothing about what came after: a hundred that hang when a
 * breaker opens would fail its trial half a minute later.
 */
export type Breaker =
  | { readonly state: 'closed'; readonly errorsInARow: number; readonly sinceMs: number }
  | {
      readonly state: 'open'
      readonly sinceMs: number
      readonly untilMs: number
      readonly pauseMs: number
      readonly reason: TripReason
    }
  /** One request at a time shows whether the target works again; `bookedUntilMs` is when a trial that is not heard of counts as lost. */
  | {
      readonly state: 'trial'
      readonly sinceMs: number
      readonly bookedUntilMs: number
      readonly pauseMs: number
      readonly reason: TripReason
    }
  /** Traffic comes back in steps. */
  | {
      readonly state: 'returning'
      readonly sinceMs: number
      readonly step: number
      readonly stepSinceMs: number
      readonly errorsInARow: number
      readonly pauseMs: number
      readonly reason: TripReason
    }

export type BreakerInput =
  /** An attempt ended; the counts are the window's, this one included. */
  | {
      readonly kind: 'success' | 'error'
      readonly startedMs: number
      readonly errors: number
      readonly samples: number
    }
  /** It ended without saying anything about the target: the client's mistake, or cancelled. */
  | { readonly kind: 'neutral'; readonly startedMs: number }
  | { readonly kind: 'time' }
  /** A trial was given out, or began. */
  | { readonly kind: 'booked'; readonly untilMs: number }
  /** Another instance has opened its breaker: one error of our own is enough from now on. */
  | { readonly kind: 'suspected' }
  /** Most of the other instances have: it must show that it works, with one request at a time. */
  | { readonly kind: 'doubted' }
  /** The provider's health probe succeeded; `recovered`: the one before had failed. */
  | { readonly kind: 'probe_ok'; readonly recovered: boolean }

type State<S extends Breaker['state']> = Extract<Breaker, { readonly state: S }>

export const closed: Breaker = { state: 'closed', errorsInARow: 0, sinceMs: Number.NEGATIVE_INFINITY }

/** The share of traffic in each step of the return. */
const returnShares: readonly number[] = [0.05, 0.25]
const longestStepMs = 5000
// While probes succeed, a target that recovers is used again within half a minute, however often its trials failed before.
const longestProbedPauseMs = 20_000

/** The breaker's whole behaviour: old state, what happened, the time → new state. No clock, no timer inside. */
export function next(breaker: Breaker, input: BreakerInput, nowMs: number, config: BreakerConfig): Breaker {
  const current = afterTime(breaker, nowMs, config)
  switch (current.state) {
    case 'closed':
      return fromClosed(current, input, nowMs, config)
    case 'open':
      return fromOpen(current, input, nowMs, config)
    case 'trial':
      return fromTrial(current, input, nowMs, config)
    case 'returning':
      return fromReturning(current, input, nowMs, config)
  }
}

/** The part of its usual traffic that the target should get, 0–1. */
export function shareOf(breaker: Breaker): number {
  switch (breaker.state) {
    case 'closed':
      return 1
    case 'returning':
      return returnShares[breaker.step] ?? 1
    case 'open':
    case 'trial':
      return 0
  }
}

/** The three words of the metrics and the log. */
export function stateName(breaker: Breaker): BreakerStateName {
  return breaker.state === 'trial' || breaker.state === 'returning' ? 'half_open' : breaker.state
}

function afterTime(breaker: Breaker, nowMs: number, config: BreakerConfig): Breaker {
  if (breaker.state === 'open') return nowMs >= breaker.untilMs ? toTrial(breaker, breaker.untilMs) : breaker
  if (breaker.state !== 'returning') return breaker
  const stepMs = Math.min(longestStepMs, config.openForMs / 6)
  const steps = Math.floor((nowMs - breaker.stepSinceMs) / stepMs)
  if (!(steps >= 1)) return breaker
  const step = breaker.step + steps
  if (step >= returnShares.length) return { state: 'closed', errorsInARow: breaker.errorsInARow, sinceMs: breaker.sinceMs }
  return { ...breaker, step, stepSinceMs: breaker.stepSinceMs + steps * stepMs }
}

function fromClosed(breaker: State<'closed'>, input: BreakerInput, nowMs: number, config: BreakerConfig): Breaker {
  if (input.kind === 'success') return breaker.errorsInARow === 0 ? breaker : { ...breaker, errorsInARow: 0 }
  if (input.kind === 'suspected')
    return { ...breaker, errorsInARow: Math.max(breaker.errorsInARow, config.consecutiveErrors - 1) }
  if (input.kind === 'doubted')
    return { state: 'trial', sinceMs: nowMs, bookedUntilMs: nowMs, pauseMs: config.openForMs, reason: { kind: 'told_by_others' } }
  if (input.kind !== 'error' || input.startedMs < breaker.sinceMs) return breaker
  const count = breaker.errorsInARow + 1
  if (count >= config.consecutiveErrors) return open({ kind: 'consecutive_errors', count }, nowMs, config.openForMs)
  const ratio = input.errors / input.samples
  if (input.samples >= config.minRequests && ratio >= config.errorRate)
    return open({ kind: 'error_rate', ratio, requests: input.samples }, nowMs, config.openForMs)
  return { ...breaker, errorsInARow: count }
}

function fromOpen(breaker: State<'open'>, input: BreakerInput, nowMs: number, config: BreakerConfig): Breaker {
  // It was asked although it is open, since there was no better target: that is a trial too.
  if (input.kind === 'success' && input.startedMs >= breaker.sinceMs) return toReturning(breaker, nowMs, config)
  if (input.kind !== 'probe_ok') return breaker
  // A probe that never failed may well ask another machine than the one that fails, so it shortens the pause only.
  const earliestMs = input.recovered ? nowMs : breaker.sinceMs + Math.min(breaker.pauseMs / 4, longestProbedPauseMs)
  if (nowMs >= earliestMs) return toTrial(breaker, nowMs)
  return { ...breaker, untilMs: Math.min(breaker.untilMs, earliestMs) }
}

function fromTrial(breaker: State<'trial'>, input: BreakerInput, nowMs: number, config: BreakerConfig): Breaker {
  switch (input.kind) {
    case 'time':
    case 'probe_ok':
    case 'suspected':
    case 'doubted':
      return breaker
    case 'booked':
      return { ...breaker, bookedUntilMs: input.untilMs }
    case 'success':
      return input.startedMs < breaker.sinceMs ? breaker : toReturning(breaker, nowMs, config)
    case 'error':
      return input.startedMs < breaker.sinceMs ? breaker : open({ kind: 'trial_failed' }, nowMs, longer(breaker.pauseMs, config))
    case 'neutral':
      return input.startedMs < breaker.sinceMs ? breaker : { ...breaker, bookedUntilMs: nowMs }
  }
}

function fromReturning(breaker: State<'returning'>, input: BreakerInput, nowMs: number, config: BreakerConfig): Breaker {
  if (input.kind !== 'success' && input.kind !== 'error') return breaker
  if (input.startedMs < breaker.sinceMs) return breaker
  if (input.kind === 'success') return breaker.errorsInARow === 0 ? breaker : { ...breaker, errorsInARow: 0 }
  const errorsInARow = breaker.errorsInARow + 1
  const failing = errorsInARow >= config.consecutiveErrors || input.errors / input.samples >= config.errorRate
  if (!failing) return { ...breaker, errorsInARow }
  return open({ kind: 'return_aborted', share: shareOf(breaker) }, nowMs, longer(breaker.pauseMs, config))
}

function open(reason: TripReason, nowMs: number, pauseMs: number): Breaker {
  return { state: 'open', sinceMs: nowMs, untilMs: nowMs + pauseMs, pauseMs, reason }
}

function longer(pauseMs: number, config: BreakerConfig): number {
  return Math.max(config.openForMs, Math.min(pauseMs * 2, config.maxOpenForMs))
}

function toTrial({ pauseMs, reason }: State<'open'>, sinceMs: number): Breaker {
  return { state: 'trial', sinceMs, bookedUntilMs: sinceMs, pauseMs, reason }
}

/** `sinceMs` stays that of the trial, which is the first attempt of the return. */
function toReturning(breaker: State<'open' | 'trial'>, nowMs: number, config: BreakerConfig): Breaker {
  const { sinceMs, pauseMs, reason } = breaker
  if (!config.gradual) return { state: 'closed', errorsInARow: 0, sinceMs }
  return { state: 'returning', sinceMs, step: 0, stepSinceMs: nowMs, errorsInARow: 0, pauseMs, reason }
}
