import { createSlidingCount, type SlidingCount } from '#lib/sliding-count.ts'

export type Measured = { readonly errorRatio: number; readonly requests: number }

/** Error rates over the last stretch of time, by name. */
export type ErrorRates = {
  /** So many requests, of which so many failed. */
  readonly add: (name: string, counted: { readonly requests: number; readonly errors: number }, nowMs: number) => void
  readonly measure: (name: string, nowMs: number) => Measured
  readonly names: () => Iterable<string>
  /** Forgets the name. */
  readonly forget: (name: string) => void
}

const slotCount = 60
// Wildcard routes let clients name models.
const mostNames = 5000

export function createErrorRates(overMs: number): ErrorRates {
  const counts = new Map<string, { readonly requests: SlidingCount; readonly errors: SlidingCount }>()
  const none: Measured = { errorRatio: 0, requests: 0 }
  return {
    add(name, counted, nowMs) {
      const known = counts.get(name)
      if (known === undefined && counts.size >= mostNames) return
      const { requests, errors } = known ?? {
        requests: createSlidingCount(overMs, slotCount),
        errors: createSlidingCount(overMs, slotCount),
      }
      if (known === undefined) counts.set(name, { requests, errors })
      requests.add(nowMs, counted.requests)
      if (counted.errors > 0) errors.add(nowMs, counted.errors)
    },
    measure(name, nowMs) {
      const known = counts.get(name)
      const requests = known?.requests.total(nowMs) ?? 0
      return known === undefined || requests === 0 ? none : { errorRatio: known.errors.total(nowMs) / requests, requests }
    },
    names: () => counts.keys(),
    forget: (name) => void counts.delete(name),
  }
}
