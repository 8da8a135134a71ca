import type { RelayEvent } from '#canonical/observe.ts'
import { createSlidingCount, type SlidingCount } from '#lib/sliding-count.ts'

/** What an account allows, as far as the routing file says. */
export type AccountLimit = {
  readonly rpm?: number | undefined
  readonly tpm?: number | undefined
  readonly max_concurrent?: number | undefined
}

/** What a process used of providers' accounts since it last told: requests and tokens; and its requests under way now. */
export type AccountUses = readonly (readonly [provider: string, requests: number, tokens: number, inFlight: number])[]

/** What processes with the same accounts tell each other. */
export type SharedUse = {
  /** Calls this whenever there is something to tell. */
  readonly onUse: (listener: () => void) => void
  readonly takeUse: () => AccountUses
  readonly hearUse: (from: number, uses: AccountUses, nowMs: number) => void
  /** That process is gone, and what it had under way. */
  readonly forgetUse: (from: number) => void
}

/** The limits of `providers.*.limits`, over all targets and keys of a provider. */
export type AccountLimits = {
  readonly observe: (event: RelayEvent) => void
  /** When the provider may be asked again; 0 when it may be now. */
  readonly restUntilMs: (provider: string, nowMs: number) => number
  readonly shared: SharedUse
}

type Use = {
  /** Of all processes. */
  readonly requests: SlidingCount
  readonly tokens: SlidingCount
  inFlight: number
  /** Of each other process that has some. */
  readonly elsewhere: Map<number, number>
  untold: { requests: number; tokens: number } | undefined
}

const minuteMs = 60_000
const slots = 60
// Slots fall out one by one: in a moment there is room again, or not yet.
const lookAgainMs = minuteMs / slots
// Nobody knows when one of those under way ends.
const placeMs = 50

export function createAccountLimits(limitOf: (provider: string) => AccountLimit | undefined): AccountLimits {
  const uses = new Map<string, Use>()
  let tell: (() => void) | undefined
  const useOf = (provider: string): Use => {
    const known = uses.get(provider)
    if (known !== undefined) return known
    const made = newUse()
    uses.set(provider, made)
    return made
  }
  const note = (use: Use, requests: number, tokens: number): void => {
    if (tell === undefined) return
    use.untold ??= { requests: 0, tokens: 0 }
    use.untold.requests += requests
    use.untold.tokens += tokens
    tell()
  }
  return {
    observe(event) {
      if (event.kind !== 'attempt_started' && event.kind !== 'attempt_ended') return
      if (limitOf(event.target.provider) === undefined) return
      const use = useOf(event.target.provider)
      if (event.kind === 'attempt_started') {
        use.inFlight++
        use.requests.add(event.atMs)
        return note(use, 1, 0)
      }
      use.inFlight = Math.max(0, use.inFlight - 1)
      const tokens = event.usage === undefined ? 0 : event.usage.input + event.usage.output
      if (tokens > 0) use.tokens.add(event.atMs, tokens)
      note(use, 0, tokens)
    },
    restUntilMs(provider, nowMs) {
      const limit = limitOf(provider)
      const use = limit === undefined ? undefined : uses.get(provider)
      return limit === undefined || use === undefined ? 0 : restOf(limit, use, nowMs)
    },
    shared: {
      onUse(listener) {
        tell = listener
      },
      takeUse: () => [...uses].flatMap(([provider, use]) => untoldOf(provider, use)),
      hearUse(from, heard, nowMs) {
        for (const use of heard) add(useOf(use[0]), from, use, nowMs)
      },
      forgetUse(from) {
        for (const { elsewhere } of uses.values()) elsewhere.delete(from)
      },
    },
  }
}

function add(use: Use, from: number, [, requests, tokens, inFlight]: AccountUses[number], nowMs: number): void {
  use.requests.add(nowMs, requests)
  use.tokens.add(nowMs, tokens)
  if (inFlight > 0) use.elsewhere.set(from, inFlight)
  else use.elsewhere.delete(from)
}

function newUse(): Use {
  return {
    requests: createSlidingCount(minuteMs, slots),
    tokens: createSlidingCount(minuteMs, slots),
    inFlight: 0,
    elsewhere: new Map(),
    untold: undefined,
  }
}

function untoldOf(provider: string, use: Use): AccountUses {
  const { untold } = use
  if (untold === undefined) return []
  use.untold = undefined
  return [[provider, untold.requests, untold.tokens, use.inFlight]]
}

function restOf(limit: AccountLimit, use: Use, nowMs: number): number {
  const { rpm = Number.POSITIVE_INFINITY, tpm = Number.POSITIVE_INFINITY, max_concurrent = Number.POSITIVE_INFINITY } = limit
  let inFlight = use.inFlight
  for (const elsewhere of use.elsewhere.values()) inFlight += elsewhere
  if (inFlight >= max_concurrent) return nowMs + placeMs
  return use.requests.total(nowMs) >= rpm || use.tokens.total(nowMs) >= tpm ? nowMs + lookAgainMs : 0
}
