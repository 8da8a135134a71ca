import type { RelayEvent } from '#canonical/observe.ts'
import { createSlidingCount, type SlidingCount } from '#lib/sliding-count.ts'

/** What an account allows, as far as the routing file says. */
export type AccountLimit = {
  readonly rpm?: number | undefined
  readonly tpm?: number | undefined
  readonly max_concurrent?: number | undefined
}

/** The limits of `providers.*.limits`, over all targets and keys of a provider. */
export type AccountLimits = {
  readonly observe: (event: RelayEvent) => void
  /** When the provider may be asked again; 0 when it may be now. */
  readonly restUntilMs: (provider: string, nowMs: number) => number
}

type Use = { readonly requests: SlidingCount; readonly tokens: SlidingCount; inFlight: number }

const minuteMs = 60_000
const slots = 60
// Slots fall out one by one: in a moment there is room again, or not yet.
const lookAgainMs = minuteMs / slots
// Nobody knows when one of those under way ends.
const placeMs = 50

export function createAccountLimits(limitOf: (provider: string) => AccountLimit | undefined): AccountLimits {
  const uses = new Map<string, Use>()
  const useOf = (provider: string): Use => {
    const known = uses.get(provider)
    if (known !== undefined) return known
    const made = { requests: createSlidingCount(minuteMs, slots), tokens: createSlidingCount(minuteMs, slots), inFlight: 0 }
    uses.set(provider, made)
    return made
  }
  return {
    observe(event) {
      if (event.kind !== 'attempt_started' && event.kind !== 'attempt_ended') return
      if (limitOf(event.target.provider) === undefined) return
      const use = useOf(event.target.provider)
      if (event.kind === 'attempt_started') {
        use.inFlight++
        use.requests.add(event.atMs)
        return
      }
      use.inFlight = Math.max(0, use.inFlight - 1)
      if (event.usage !== undefined) use.tokens.add(event.atMs, event.usage.input + event.usage.output)
    },
    restUntilMs(provider, nowMs) {
      const limit = limitOf(provider)
      const use = limit === undefined ? undefined : uses.get(provider)
      if (limit === undefined || use === undefined) return 0
      if (use.inFlight >= (limit.max_concurrent ?? Number.POSITIVE_INFINITY)) return nowMs + placeMs
      const isFull =
        use.requests.total(nowMs) >= (limit.rpm ?? Number.POSITIVE_INFINITY) ||
        use.tokens.total(nowMs) >= (limit.tpm ?? Number.POSITIVE_INFINITY)
      return isFull ? nowMs + lookAgainMs : 0
    },
  }
}
