/** The keys of one provider: whose turn it is, and which were refused. */
export type KeyPool = {
  /** The next in turn among those that the filter takes; prefers what `prefer` takes. */
  readonly pick: (nowMs: number, accept: (index: number) => boolean, prefer: (index: number) => boolean) => number | undefined
  /** The provider refused the key itself; it rests long. */
  readonly refuse: (index: number, cause: KeyCause, nowMs: number) => void
  /** Another instance says that it was refused: it rests, unless it is the last that does not. */
  readonly doubt: (index: number, untilMs: number, nowMs: number) => void
  /** The key works. A probe proves only that it is known, not that it is paid for. */
  readonly proveGood: (index: number, by: 'answer' | 'probe') => void
  /** 0 when the key does not rest. */
  readonly restsUntilMs: (index: number) => number
  /** Why the provider refused it; undefined where it did not, or has taken it since. */
  readonly causeOf: (index: number) => KeyCause | undefined
  /** When the first of the keys has rested. */
  readonly earliestMs: () => number
  readonly size: number
}

export type KeyCause = 'auth' | 'billing'

type KeyState = { readonly restUntilMs: number; readonly refusals: number; readonly cause: KeyCause | undefined }

const good: KeyState = { restUntilMs: 0, refusals: 0, cause: undefined }
// 5, 10, 20, 30 minutes: long enough to waste nothing, short enough to notice a bill that was paid.
const firstRestMs = 5 * 60_000
const longestRestMs = 30 * 60_000

/** `size` counts the keys; a provider without keys has one unnamed key. */
export function createKeyPool(size: number): KeyPool {
  const states: KeyState[] = Array.from({ length: Math.max(1, size) }, () => good)
  let turn = 0
  const restsUntilMs = (index: number): number => states[index]?.restUntilMs ?? 0
  return {
    size: states.length,
    restsUntilMs,
    causeOf: (index) => states[index]?.cause,
    earliestMs: () => Math.min(...states.map((state) => state.restUntilMs)),
    pick(nowMs, accept, prefer) {
      let second: number | undefined
      for (let step = 0; step < states.length; step++) {
        const index = (turn + step) % states.length
        if (nowMs < restsUntilMs(index) || !accept(index)) continue
        if (prefer(index)) {
          turn = index + 1
          return index
        }
        second ??= index
      }
      if (second !== undefined) turn = second + 1
      return second
    },
    refuse(index, cause, nowMs) {
      const state = states[index]
      // Requests that were under way when the key was refused fail too; they say nothing new.
      if (state === undefined || nowMs < state.restUntilMs) return
      const restMs = Math.min(firstRestMs * 2 ** state.refusals, longestRestMs)
      states[index] = { restUntilMs: nowMs + restMs, refusals: state.refusals + 1, cause }
    },
    doubt(index, untilMs, nowMs) {
      const state = states[index]
      const others = states.some((other, at) => at !== index && other.restUntilMs <= nowMs)
      if (state !== undefined && others && state.restUntilMs < untilMs) states[index] = { ...state, restUntilMs: untilMs }
    },
    proveGood(index, by) {
      const state = states[index]
      if (state === undefined || state === good || (by === 'probe' && state.cause === 'billing')) return
      states[index] = good
    },
  }
}
