import type { TargetId } from '#canonical/plan.ts'
import { asNumber, asString, isObject } from '#lib/json.ts'

/**
 * What one instance tells the others. Times are lengths, since clocks differ. A hint is no proof: the other instance may have
 * a network, a clock or a file of its own that is broken.
 */
export type Hint =
  /** Its breaker opened, for so long at first; or closed again. */
  | { readonly kind: 'breaker'; readonly target: TargetId; readonly state: 'open' | 'closed'; readonly forMs: number }
  /** The provider refused the key. Keys are named by a digest. */
  | { readonly kind: 'key'; readonly provider: string; readonly key: string; readonly restMs: number }
  /** The target is at its limit with this key. */
  | { readonly kind: 'limit'; readonly target: TargetId; readonly key: string; readonly restMs: number }

// A name or a length beyond these was not written by one of us.
const longestText = 512
// Whatever another instance says, after this it must be said or seen again.
const longestBreakerMs = 5 * 60_000
const longestRestMs = 60_000

/** A hint of another instance, with its lengths cut; undefined for anything else. */
export function readHint(value: unknown): Hint | undefined {
  if (!isObject(value)) return undefined
  const key = name(value['key'])
  const target = targetName(value['target'])
  switch (value['kind']) {
    case 'breaker': {
      const { state } = value
      const forMs = length(value['forMs'], longestBreakerMs)
      if (target === undefined || forMs === undefined || (state !== 'open' && state !== 'closed')) return undefined
      return { kind: 'breaker', target, state, forMs }
    }
    case 'key': {
      const provider = name(value['provider'])
      const restMs = length(value['restMs'], longestRestMs)
      return provider === undefined || key === undefined || restMs === undefined
        ? undefined
        : { kind: 'key', provider, key, restMs }
    }
    case 'limit': {
      const restMs = length(value['restMs'], longestRestMs)
      return target === undefined || key === undefined || restMs === undefined
        ? undefined
        : { kind: 'limit', target, key, restMs }
    }
    default:
      return undefined
  }
}

function name(value: unknown): string | undefined {
  const text = asString(value)
  return text === undefined || text === '' || text.length > longestText ? undefined : text
}

function targetName(value: unknown): TargetId | undefined {
  const text = name(value)
  return text !== undefined && isTargetId(text) ? text : undefined
}

function isTargetId(text: string): text is TargetId {
  return /^[^/]+\/.+$/.test(text)
}

function length(value: unknown, longest: number): number | undefined {
  const ms = asNumber(value)
  return ms === undefined || ms < 0 ? undefined : Math.min(ms, longest)
}
