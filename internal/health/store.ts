import { createHash } from 'node:crypto'
import type { Target, TargetId } from '#canonical/plan.ts'
import { createLru } from '#lib/lru.ts'
import type { AccountLimit } from './account-limits.ts'
import { type BreakerConfig, type BreakerInput, next, shareOf, stateName, type TripReason } from './breaker.ts'
import { createKeyPool, type KeyPool } from './keys.ts'
import type { BreakerStateName } from './snapshot.ts'
import { createTargetState, limitShare, restUntilMs, type TargetState } from './target-state.ts'

/** The parts of the configuration that health needs; durations in milliseconds, ratios 0–1. */
export type HealthConfig = {
  readonly breaker: {
    readonly consecutive_errors: number
    readonly error_rate: number
    readonly min_requests: number
    readonly open_for: number
    readonly max_open_for: number
    readonly return: string
  }
  readonly health: { readonly window: number }
  readonly providers: ReadonlyMap<
    string,
    { readonly keys: readonly { readonly reveal: () => string }[]; readonly limits?: AccountLimit }
  >
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

/** The state of all targets and keys. */
export type Store = {
  readonly find: (target: TargetId) => TargetState | undefined
  /** Makes it when it is new. */
  readonly of: (target: Pick<Target, 'id' | 'provider'>) => TargetState
  readonly all: () => readonly TargetState[]
  readonly ofProvider: (provider: string) => readonly TargetState[]
  readonly pool: (provider: string) => KeyPool
  /** How many keys each provider has, in the order of the routing file. */
  readonly keyCounts: () => readonly { readonly provider: string; readonly keys: number }[]
  /** The place of a key in its provider's pool, by its digest; undefined for a key that is not there. */
  readonly keyIndex: (provider: string, digest: string) => number | undefined
  /** The digest of a provider's key; undefined where it has none. */
  readonly keyDigest: (provider: string, index: number) => string | undefined
  /** What the routing file says that the provider's account allows. */
  readonly limitOf: (provider: string) => AccountLimit | undefined
  /** Lets the target's breaker know what happened. */
  readonly tell: (state: TargetState, input: BreakerInput, nowMs: number) => void
  /** When the target and one of its keys have rested; past or 0 when they may work. */
  readonly restUntilMs: (state: TargetState) => number
  /** 0–1: what breaker and limits leave of the target's traffic. */
  readonly share: (state: TargetState, nowMs: number) => number
  readonly reconfigure: (config: HealthConfig) => void
  readonly onTransition: (listener: (transition: Transition) => void) => void
}

// Wildcard routes let clients name models: what is kept of them must have an end.
const mostTargets = 5000

export function createStore(initial: HealthConfig): Store {
  let config = initial
  let breakerConfig = breakerConfigOf(initial)
  const targets = createLru<TargetId, TargetState>(mostTargets)
  const pools = new Map<string, KeyPool>()
  const listeners: ((transition: Transition) => void)[] = []
  const all = (): readonly TargetState[] => [...targets.values()]

  const pool = (provider: string): KeyPool => {
    const found = pools.get(provider)
    if (found !== undefined) return found
    const made = createKeyPool(config.providers.get(provider)?.keys.length ?? 0)
    pools.set(provider, made)
    return made
  }
  return {
    // Looked at for each target of each plan; what keeps a target from being forgotten is its attempts.
    find: (target) => targets.peek(target),
    of(target) {
      const found = targets.get(target.id)
      if (found !== undefined) return found
      const made = createTargetState(target, config.health.window)
      targets.set(target.id, made)
      return made
    },
    all,
    ofProvider: (provider) => all().filter((state) => state.provider === provider),
    pool,
    keyCounts: () => [...config.providers].map(([provider, { keys }]) => ({ provider, keys: keys.length })),
    keyIndex(provider, digest) {
      const index = config.providers.get(provider)?.keys.findIndex((key) => digestOfKey(key.reveal()) === digest)
      return index === undefined || index < 0 ? undefined : index
    },
    keyDigest(provider, index) {
      const key = config.providers.get(provider)?.keys[index]?.reveal()
      return key === undefined || key === '' ? undefined : digestOfKey(key)
    },
    limitOf: (provider) => config.providers.get(provider)?.limits,
    tell(state, input, nowMs) {
      const transition = turn(state, input, nowMs, breakerConfig)
      if (transition !== undefined) for (const listen of listeners) listen(transition)
    },
    restUntilMs(state) {
      const keys = pool(state.provider)
      return restUntilMs(state, keys.size, keys.restsUntilMs)
    },
    share: (state, nowMs) => shareOf(state.breaker) * limitShare(state, pool(state.provider).size, nowMs),
    reconfigure(changed) {
      const swapped = new Set([...pools.keys()].filter((provider) => keysOf(config, provider) !== keysOf(changed, provider)))
      for (const provider of swapped) pools.delete(provider)
      for (const state of all()) {
        if (!changed.providers.has(state.provider)) targets.delete(state.id)
        if (swapped.has(state.provider)) state.limits.clear()
      }
      config = changed
      breakerConfig = breakerConfigOf(changed)
    },
    onTransition: (listener) => void listeners.push(listener),
  }
}

/** Moves the target's breaker; tells when its name changed. */
function turn(state: TargetState, input: BreakerInput, nowMs: number, config: BreakerConfig): Transition | undefined {
  const before = state.breaker
  const after = next(before, input, nowMs, config)
  if (after === before) return undefined
  state.breaker = after
  // The errors that opened it are a closed chapter: they must not open it again.
  if ((before.state === 'trial' || before.state === 'open') && (after.state === 'returning' || after.state === 'closed'))
    state.window.forgetMarks()
  const [from, to] = [stateName(before), stateName(after)]
  if (from === to) return undefined
  return { target: state.id, from, to, atMs: nowMs, ...(after.state === 'open' ? { reason: after.reason } : {}) }
}

function breakerConfigOf({ breaker }: HealthConfig): BreakerConfig {
  return {
    consecutiveErrors: breaker.consecutive_errors,
    errorRate: breaker.error_rate,
    minRequests: breaker.min_requests,
    openForMs: breaker.open_for,
    maxOpenForMs: breaker.max_open_for,
    gradual: breaker.return === 'gradual',
  }
}

/** Names a key among instances that have it too, and tells nothing to others. */
function digestOfKey(key: string): string {
  return createHash('sha256').update('outrigger key ').update(key).digest('hex').slice(0, 24)
}

/** The provider's keys as one text, to see whether they changed. */
function keysOf(config: HealthConfig, provider: string): string {
  return JSON.stringify(config.providers.get(provider)?.keys.map((key) => key.reveal()) ?? [])
}
