import type { AttemptEnded } from '#canonical/observe.ts'
import type { Target, TargetId } from '#canonical/plan.ts'
import { blameOf } from './blame.ts'
import { type Breaker, closed } from './breaker.ts'
import { type KeyLimit, type LimitInput, learn, rest, shareOfLimit, unlimited } from './limits.ts'
import { type LimitHints, readLimits } from './read-limits.ts'
import { createWindow, type Window } from './window.ts'

/** What is known of one target. */
export type TargetState = {
  readonly id: TargetId
  readonly provider: string
  readonly window: Window
  breaker: Breaker
  /** By the place of the key in the provider's pool; a hole is a key that never met a limit. */
  readonly limits: Map<number, KeyLimit>
  /** The provider asked everybody to wait, whatever the key. */
  restUntilMs: number
  inFlight: number
}

// A provider in trouble that asks for longer is looked at again all the same.
const longestServerRestMs = 5 * 60_000
// The key is known but not for this model: other models go on with it.
const forbiddenRestMs = 10 * 60_000

const noHints: LimitHints = {}

export function createTargetState({ id, provider }: Pick<Target, 'id' | 'provider'>, windowSize: number): TargetState {
  return { id, provider, window: createWindow(windowSize), breaker: closed, limits: new Map(), restUntilMs: 0, inFlight: 0 }
}

/** Learns from an attempt's end what concerns limits and keys at this target. */
export function learnLimits(state: TargetState, event: AttemptEnded, wallNowMs: number): void {
  const { outcome, failure, headers, keyIndex, atMs } = event
  const blame = blameOf[outcome]
  const hints = headers === undefined ? noHints : readLimits(headers, wallNowMs)
  const known = state.limits.get(keyIndex) ?? unlimited
  const input: LimitInput = {
    startedMs: atMs - event.durationMs,
    result: blame === 'ok' || blame === 'limited' ? blame : 'other',
    failure,
    hints,
  }
  let learnt = learn(known, input, atMs)
  if (isForbidden(event)) learnt = rest(learnt, forbiddenRestMs, atMs)
  if (learnt !== known) state.limits.set(keyIndex, learnt)
  const askedMs = blame === 'error' ? (failure?.retryAfterMs ?? hints.retryAfterMs ?? 0) : 0
  if (askedMs > 0) state.restUntilMs = Math.max(state.restUntilMs, atMs + Math.min(askedMs, longestServerRestMs))
  else if (blame === 'ok') state.restUntilMs = 0
}

/** 403: the provider knows the key, but it may not use this model. */
export function isForbidden({ outcome, status }: Pick<AttemptEnded, 'outcome' | 'status'>): boolean {
  return outcome === 'auth' && status === 403
}

/** When the first of its keys may be used here again; 0 or past when one may now. `keyRestsUntilMs` is the key's own rest. */
export function restUntilMs(state: TargetState, keys: number, keyRestsUntilMs: (index: number) => number): number {
  let earliestMs = Number.POSITIVE_INFINITY
  for (let index = 0; index < keys; index++) {
    const limitMs = state.limits.get(index)?.restUntilMs ?? 0
    earliestMs = Math.min(earliestMs, Math.max(limitMs, keyRestsUntilMs(index)))
  }
  return Math.max(state.restUntilMs, earliestMs)
}

/** 0–1: the part of its usual traffic that the limits leave; the key with most room counts. */
export function limitShare(state: TargetState, keys: number, nowMs: number): number {
  if (state.limits.size < keys) return 1
  let share = 0
  for (let index = 0; index < keys && share < 1; index++) share = Math.max(share, keyShare(state, index, nowMs))
  return share
}

/** 0–1: the part of its usual traffic that this key should get here. */
export function keyShare(state: TargetState, index: number, nowMs: number): number {
  const limit = state.limits.get(index)
  return limit === undefined ? 1 : shareOfLimit(limit, nowMs)
}
