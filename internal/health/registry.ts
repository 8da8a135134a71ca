import type { AttemptEnded, Observer, RelayEvent } from '#canonical/observe.ts'
import type { Target, TargetId } from '#canonical/plan.ts'
import { type AccountLimits, createAccountLimits, type SharedUse } from './account-limits.ts'
import { type Blame, blameOf } from './blame.ts'
import type { BreakerInput, TripReason } from './breaker.ts'
import { createFailedProbes } from './failed-probes.ts'
import { createHintDesk, type HintDesk } from './hint-desk.ts'
import { type KeyStatus, keyStatusOf } from './key-status.ts'
import type { KeyPool } from './keys.ts'
import { createLateAnswers, type LateAnswers } from './late-answers.ts'
import type { Admission, Snapshot, TargetHealth } from './snapshot.ts'
import { createStore, type HealthConfig, type Store, type Transition } from './store.ts'
import { isForbidden, keyShare, learnLimits, type TargetState } from './target-state.ts'
import { admissionOf, healthy, viewOf } from './view.ts'

/** What names a target here. */
export type TargetName = Pick<Target, 'id' | 'provider'>

/** A target as `/status` and the metrics show it. */
export type TargetStatus = TargetHealth & {
  readonly target: TargetId
  readonly provider: string
  /** Why the breaker is not closed. */
  readonly reason?: TripReason
  /** Milliseconds until the target may be used again; 0 when it may be now. */
  readonly restsForMs: number
}

/** What a provider's probe showed. `recovered`: the one before had failed. `keyIndex`: the key that was accepted. */
export type Probed = { readonly recovered: boolean; readonly keyIndex?: number }

/** What is known of targets and keys across requests. Times by the monotonic clock, in milliseconds. */
export type Health = HintDesk &
  LateAnswers &
  SharedUse & {
    /** Hears what the relay tells. */
    readonly observe: Observer
    /** An attempt of another process failed, after so many answers of the target there: failures are seen in proportion. */
    readonly failedElsewhere: (event: AttemptEnded, answersBefore: number) => void
    /**
     * Whether the target may take a request now. `trial` books the one place for a trial; the end of the attempt frees it, and
     * so does time when no attempt follows. Where only a share of the traffic returns, the other requests are `refused`, but
     * never a `rescue`: a request that has failed elsewhere must not fail for good to keep a share.
     */
    readonly admit: (target: TargetName, nowMs: number, why?: 'rescue') => Admission
    /** The index of a key that does not rest, in turn; undefined when all rest. `target` skips keys that rest for it alone. */
    readonly pickKey: (provider: string, keyCount: number, nowMs: number, target?: TargetId) => number | undefined
    /** Of targets that were all refused, the one that is soonest good: better than nobody. */
    readonly leastBad: <T extends TargetName>(targets: readonly T[], nowMs: number) => T | undefined
    readonly snapshot: (nowMs: number) => Snapshot
    /** The `auto` limit of the silence before the first token: `baseMs`, or more where the target's own window needs it. */
    readonly firstTokenTimeoutMs: (target: TargetName, baseMs: number, nowMs: number) => number
    /**
     * How long the target usually takes at most, in milliseconds: the quantile `q` (0–1) of its last waits for the first token,
     * or for whole answers. Undefined before there are enough of them to tell.
     */
    readonly usualWaitMs: (target: TargetName, until: 'first_token' | 'answer', q: number) => number | undefined
    readonly status: (nowMs: number) => readonly TargetStatus[]
    readonly keyStatus: (nowMs: number) => readonly KeyStatus[]
    /** Takes a new configuration; what is known of targets that still exist stays. */
    readonly reconfigure: (config: HealthConfig) => void
    readonly onTransition: (listener: (transition: Transition) => void) => void
    /** A probe of the provider succeeded. */
    readonly probed: (provider: string, result: Probed, nowMs: number) => void
    /** A probe of the provider failed: it makes no working target fail, but ends the wait for one that is silent. */
    readonly probeFailed: (provider: string, nowMs: number) => void
    /** Whether probes of the provider have failed since then, twice in a row, and it has answered nobody. */
    readonly isDeadSince: (provider: string, sinceMs: number) => boolean
    /** Whether one of the provider's targets is out of the rotation. */
    readonly isTroubled: (provider: string, nowMs: number) => boolean
    /** When one of the provider's targets last answered; undefined when none has. */
    readonly lastAnswerMs: (provider: string) => number | undefined
  }

/** `random` gives 0 ≤ x < 1; `wallNowMs` milliseconds since the epoch, for limits that name a moment. */
export type HealthOptions = { readonly random: () => number; readonly wallNowMs?: () => number }

// From a trial that was booked to its attempt, which may wait for a backoff first.
const bookingMs = 15_000
// A trial whose end nobody told of does not keep the target out for good.
const longestTrialMs = 120_000
// An `auto` timeout rests on at least this many first tokens, and the window never makes it longer than this.
const fewestFirstTokens = 10
const longestFirstTokenMs = 5 * 60_000

export function createHealth(config: HealthConfig, { random, wallNowMs = Date.now }: HealthOptions): Health {
  const store = createStore(config)
  const accounts = createAccountLimits((provider) => store.limitOf(provider))
  const answeredMs = new Map<string, number>()
  const desk = createHintDesk(store)
  const failedProbes = createFailedProbes()
  const look = (state: TargetState, nowMs: number): TargetHealth => lookAt(store, accounts, state, nowMs)
  const snapshot = (nowMs: number): Snapshot => ({
    of(target) {
      const state = store.find(target)
      return state === undefined ? healthy : look(state, nowMs)
    },
  })
  return {
    ...desk,
    ...createLateAnswers(store),
    ...accounts.shared,
    observe(event) {
      accounts.observe(event)
      switch (event.kind) {
        case 'attempt_started':
          return begin(store, event)
        case 'first_token':
          return speak(store, event)
        case 'attempt_ended':
          if (event.outcome === 'ok') answeredMs.set(event.target.provider, event.atMs)
          settle(store, event, wallNowMs())
          return desk.learnt(event)
        default:
          return
      }
    },
    failedElsewhere(event, answersBefore) {
      failElsewhere(store, event, { answersBefore, wallNowMs: wallNowMs() })
      desk.learnt(event)
    },
    admit(target, nowMs, why) {
      if (nowMs < accounts.restUntilMs(target.provider, nowMs)) return 'refused'
      return admit(store, target, nowMs, why === 'rescue' ? () => 0 : random)
    },
    pickKey: (provider, keyCount, nowMs, target) =>
      keyCount <= 1 ? onlyKey(store.pool(provider), nowMs) : nextKey(store, { provider, keyCount, target }, nowMs),
    leastBad(targets, nowMs) {
      const health = snapshot(nowMs)
      const soonest = (target: TargetName): number => health.of(target.id).restingUntilMs ?? 0
      return targets.toSorted((left, right) => soonest(left) - soonest(right))[0]
    },
    snapshot,
    firstTokenTimeoutMs(target, baseMs) {
      const window = store.find(target.id)?.window
      if (window === undefined || window.firstTokens() < fewestFirstTokens) return baseMs
      return Math.max(baseMs, Math.min(3 * (window.firstTokenMs()?.p99 ?? 0), longestFirstTokenMs))
    },
    usualWaitMs: (target, until, q) => store.find(target.id)?.window.usualWaitMs(until, q),
    keyStatus: (nowMs) => keyStatusOf(store, nowMs),
    status: (nowMs) => store.all().map((state) => statusOf(state, look(state, nowMs), nowMs)),
    reconfigure: store.reconfigure,
    onTransition: store.onTransition,
    probed(provider, { recovered, keyIndex }, nowMs) {
      failedProbes.succeeded(provider)
      if (keyIndex !== undefined) store.pool(provider).proveGood(keyIndex, 'probe')
      for (const state of store.ofProvider(provider)) store.tell(state, { kind: 'probe_ok', recovered }, nowMs)
    },
    probeFailed: failedProbes.failed,
    isDeadSince: (provider, sinceMs) =>
      failedProbes.twiceSince(provider, sinceMs) && (answeredMs.get(provider) ?? Number.NEGATIVE_INFINITY) < sinceMs,
    isTroubled: (provider, nowMs) =>
      store.ofProvider(provider).some((state) => state.breaker.state !== 'closed' || nowMs < store.restUntilMs(state)),
    lastAnswerMs: (provider) => answeredMs.get(provider),
  }
}

type Elsewhere = { readonly answersBefore: number; readonly wallNowMs: number }

function failElsewhere(store: Store, event: AttemptEnded, { answersBefore, wallNowMs }: Elsewhere): void {
  const state = store.of(event.target)
  // Whether one that was taken out is back is shown by the trials of this process.
  if (answersBefore > 0 && state.breaker.state !== 'open' && state.breaker.state !== 'trial') {
    state.window.addAnswers(answersBefore)
    store.tell(state, inputOf(state, 'ok', event.atMs), event.atMs)
  }
  // Its end takes away what its beginning has added.
  begin(store, event)
  settle(store, event, wallNowMs)
}

function begin(store: Store, event: Pick<AttemptEnded, 'target' | 'atMs'>): void {
  const state = store.of(event.target)
  state.inFlight++
  store.tell(state, { kind: 'booked', untilMs: event.atMs + longestTrialMs }, event.atMs)
}

/** A long answer need not end before its beginning shows that the target is back. */
function speak(store: Store, event: Extract<RelayEvent, { readonly kind: 'first_token' }>): void {
  const state = store.of(event.target)
  if (state.breaker.state !== 'trial') return
  store.tell(state, inputOf(state, 'ok', event.atMs - event.afterMs), event.atMs)
}

function settle(store: Store, event: AttemptEnded, wallNowMs: number): void {
  const state = store.of(event.target)
  const blame = blameOf[event.outcome]
  const startedMs = event.atMs - event.durationMs
  state.inFlight = Math.max(0, state.inFlight - 1)
  learnLimits(state, event, wallNowMs)
  learnKey(store.pool(state.provider), event)
  store.tell(state, inputOf(state, blame, startedMs), event.atMs)
  // What began before the target came back is of the time in which it was away.
  const isStale = state.breaker.state !== 'open' && startedMs < state.breaker.sinceMs
  if (!isStale && (blame === 'ok' || blame === 'error' || blame === 'limited'))
    state.window.add(blame, { ...event, inputTokens: event.usage?.input })
  // Slow attempts that were not waited for would be missing from the picture, and the target would look quicker than it is.
  if (event.silentUntil !== undefined) state.window.addWait(event.silentUntil, event.durationMs, event.atMs)
}

/** The counts of the window with this attempt in it, which is only added once the breaker has spoken: a return begins anew. */
function inputOf({ window }: TargetState, blame: Blame, startedMs: number): BreakerInput {
  if (blame !== 'ok' && blame !== 'error') return { kind: 'neutral', startedMs }
  const isError = blame === 'error'
  return {
    kind: isError ? 'error' : 'success',
    startedMs,
    errors: window.errors() + Number(isError),
    samples: window.samples() + 1,
  }
}

function learnKey(pool: KeyPool, event: AttemptEnded): void {
  const { outcome, keyIndex, atMs } = event
  if (outcome === 'ok') pool.proveGood(keyIndex, 'answer')
  else if ((outcome === 'auth' && !isForbidden(event)) || outcome === 'billing') pool.refuse(keyIndex, outcome, atMs)
}

function admit(store: Store, target: TargetName, nowMs: number, random: () => number): Admission {
  const state = store.find(target.id)
  // A target never seen may still have no key that is good.
  if (state === undefined) return nowMs < store.pool(target.provider).earliestMs() ? 'refused' : 'normal'
  store.tell(state, { kind: 'time' }, nowMs)
  const admission = admissionOf(state.breaker, store.restUntilMs(state), nowMs)
  if (admission === 'trial') store.tell(state, { kind: 'booked', untilMs: nowMs + bookingMs }, nowMs)
  if (admission !== 'normal') return admission
  const share = store.share(state, nowMs)
  return share >= 1 || random() < share ? 'normal' : 'refused'
}

function onlyKey(pool: KeyPool, nowMs: number): number | undefined {
  return nowMs < pool.restsUntilMs(0) ? undefined : 0
}

type KeyWanted = { readonly provider: string; readonly keyCount: number; readonly target: TargetId | undefined }

/**
 * A key with room comes first, one that rests is left out. Without a target all the provider's targets are looked at: a key
 * that rests for some of them comes last, one that rests for every one is left out.
 */
function nextKey(store: Store, { provider, keyCount, target }: KeyWanted, nowMs: number): number | undefined {
  const state = target === undefined ? undefined : store.find(target)
  const states = target === undefined ? store.ofProvider(provider) : state === undefined ? [] : [state]
  return store.pool(provider).pick(
    nowMs,
    (index) => index < keyCount && (states.length === 0 || states.some((each) => keyShare(each, index, nowMs) > 0)),
    (index) => states.every((each) => keyShare(each, index, nowMs) === 1),
  )
}

const timePasses: BreakerInput = { kind: 'time' }

function lookAt(store: Store, accounts: AccountLimits, state: TargetState, nowMs: number): TargetHealth {
  store.tell(state, timePasses, nowMs)
  const restUntilMs = Math.max(store.restUntilMs(state), accounts.restUntilMs(state.provider, nowMs))
  return viewOf(state, { restUntilMs, share: store.share(state, nowMs), nowMs })
}

function statusOf(state: TargetState, health: TargetHealth, nowMs: number): TargetStatus {
  return {
    target: state.id,
    provider: state.provider,
    ...health,
    ...(state.breaker.state === 'closed' ? {} : { reason: state.breaker.reason }),
    restsForMs: Math.max(0, (health.restingUntilMs ?? nowMs) - nowMs),
  }
}
