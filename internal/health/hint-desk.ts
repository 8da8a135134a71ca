import type { AttemptEnded } from '#canonical/observe.ts'
import { createDoubts } from './doubts.ts'
import type { Hint } from './hints.ts'
import { rest, unlimited } from './limits.ts'
import type { Store } from './store.ts'

/** Which instance says it, and how many others there are in all. */
type Voice = { readonly from: string; readonly others: number }

type BreakerHint = Extract<Hint, { readonly kind: 'breaker' }>

/** Where hints go out to other instances and come in from them. */
export type HintDesk = {
  readonly onHint: (listener: (hint: Hint) => void) => void
  /** What follows from a hint of another instance, of which there are so many. */
  readonly hear: (hint: Hint, voice: Voice, nowMs: number) => void
  /** What a new instance should know. */
  readonly openTargets: (nowMs: number) => readonly Hint[]
}

// Attempts that end together learn the same; and the others need not know of a rest that is over when they hear of it.
const shortestRestMs = 250
const quietMs = 1000
const mostTold = 10_000

/**
 * A hint alone takes no target from anybody: an instance whose own network fails would take everything from everybody. What the
 * provider itself said about a key or an account holds for all who use it.
 */
export function createHintDesk(store: Store): HintDesk & {
  /** An attempt ended, and what it showed is learnt: the others may hear of it. */
  readonly learnt: (event: AttemptEnded) => void
} {
  const doubts = createDoubts()
  const listeners: ((hint: Hint) => void)[] = []
  const toldUntilMs = new Map<string, number>()

  const tell = (hint: Hint): void => {
    for (const listen of listeners) listen(hint)
  }
  store.onTransition(({ target, to, atMs }) => {
    if (to === 'half_open') return
    const state = store.find(target)
    const forMs = state?.breaker.state === 'open' ? state.breaker.untilMs - atMs : 0
    tell({ kind: 'breaker', target, state: to, forMs })
  })
  /** Whether there is news in a rest until then; what was told a moment ago is none. */
  const isNews = (key: string, untilMs: number, nowMs: number): boolean => {
    if (untilMs - nowMs < shortestRestMs || untilMs < (toldUntilMs.get(key) ?? 0) + quietMs) return false
    if (toldUntilMs.size > mostTold) toldUntilMs.clear()
    toldUntilMs.set(key, untilMs)
    return true
  }
  const hearBreaker = ({ target, state, forMs }: BreakerHint, { from, others }: Voice, nowMs: number): void => {
    if (state === 'closed') return doubts.closed(target, from)
    const doubt = doubts.opened(target, from, { nowMs, forMs }, others)
    // Of a target that was never asked here nothing is known that could be doubted.
    const known = store.find(target)
    if (known !== undefined) store.tell(known, { kind: doubt }, nowMs)
  }
  return {
    onHint: (listener) => void listeners.push(listener),
    learnt(event) {
      if (listeners.length === 0) return
      const { keyMs, limitMs } = restsOf(store, event)
      const {
        target: { id: target, provider },
        atMs,
      } = event
      const key = Math.max(keyMs, limitMs) > atMs ? store.keyDigest(provider, event.keyIndex) : undefined
      if (key === undefined) return
      if (isNews(`${provider} ${key}`, keyMs, atMs)) tell({ kind: 'key', provider, key, restMs: keyMs - atMs })
      if (isNews(`${target} ${key}`, limitMs, atMs)) tell({ kind: 'limit', target, key, restMs: limitMs - atMs })
    },
    hear(hint, voice, nowMs) {
      if (hint.kind === 'breaker') return hearBreaker(hint, voice, nowMs)
      const provider = hint.kind === 'key' ? hint.provider : hint.target.slice(0, hint.target.indexOf('/'))
      const index = store.keyIndex(provider, hint.key)
      if (index === undefined) return
      const untilMs = nowMs + hint.restMs
      // It is not told back.
      toldUntilMs.set(hint.kind === 'key' ? `${provider} ${hint.key}` : `${hint.target} ${hint.key}`, untilMs)
      if (hint.kind === 'key') return store.pool(provider).doubt(index, untilMs, nowMs)
      const { limits } = store.of({ id: hint.target, provider })
      limits.set(index, rest(limits.get(index) ?? unlimited, hint.restMs, nowMs))
    },
    openTargets: (nowMs) =>
      store
        .all()
        .flatMap(({ id: target, breaker }): Hint | [] =>
          breaker.state === 'open' && breaker.untilMs > nowMs
            ? { kind: 'breaker', target, state: 'open', forMs: breaker.untilMs - nowMs }
            : [],
        ),
  }
}

/** Until when the attempt's key rests, everywhere and at its target; 0 where this attempt said nothing of it. */
function restsOf(
  store: Store,
  { outcome, target, keyIndex }: AttemptEnded,
): { readonly keyMs: number; readonly limitMs: number } {
  const isRefused = outcome === 'auth' || outcome === 'billing'
  return {
    keyMs: isRefused ? store.pool(target.provider).restsUntilMs(keyIndex) : 0,
    limitMs: outcome === 'abandoned' ? 0 : (store.find(target.id)?.limits.get(keyIndex)?.restUntilMs ?? 0),
  }
}
