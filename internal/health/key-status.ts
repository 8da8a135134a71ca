import type { TargetId } from '#canonical/plan.ts'
import type { Store } from './store.ts'

/**
 * How a key does. `refused` and `unpaid`: the provider said so of the key itself. `doubted`: another instance was told so.
 * `limited`: it rests at some targets or all, since they had enough.
 */
export type KeyState = 'ok' | 'refused' | 'unpaid' | 'doubted' | 'limited'

/** A key of a provider's pool, by its place in it: what it is stays secret. */
export type KeyStatus = {
  readonly provider: string
  /** Counted from 1, as alerts tell it. */
  readonly number: number
  readonly state: KeyState
  /** Milliseconds until it is used again everywhere; 0 when it is now. */
  readonly restsForMs: number
  /** Where it is limited. */
  readonly targets: readonly TargetId[]
}

/** The keys of all providers, in the order of the routing file. */
export function keyStatusOf(store: Store, nowMs: number): readonly KeyStatus[] {
  return store
    .keyCounts()
    .flatMap(({ provider, keys }) => Array.from({ length: keys }, (_, index) => statusOf(store, provider, index, nowMs)))
}

function statusOf(store: Store, provider: string, index: number, nowMs: number): KeyStatus {
  const pool = store.pool(provider)
  const named = { provider, number: index + 1 }
  const restsForMs = pool.restsUntilMs(index) - nowMs
  if (restsForMs > 0) return { ...named, state: stateOf[pool.causeOf(index) ?? 'doubt'], restsForMs, targets: [] }
  const limits = store.ofProvider(provider).flatMap(({ id, limits: ofKeys }) => {
    const leftMs = (ofKeys.get(index)?.restUntilMs ?? 0) - nowMs
    return leftMs > 0 ? [{ id, leftMs }] : []
  })
  if (limits.length === 0) return { ...named, state: 'ok', restsForMs: 0, targets: [] }
  return {
    ...named,
    state: 'limited',
    restsForMs: Math.max(...limits.map(({ leftMs }) => leftMs)),
    targets: limits.map(({ id }) => id),
  }
}

const stateOf = { auth: 'refused', billing: 'unpaid', doubt: 'doubted' } as const
