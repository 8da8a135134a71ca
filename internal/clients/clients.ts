import type { Observer } from '#canonical/observe.ts'
import type { DialectName } from '#canonical/request.ts'
import type { ClientConfig, Config } from '#config/config.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { Give, Store, Taken } from '#state/store.ts'
import { digestOf, presentedKey, type RequestHeaders, storedDigest } from './keys.ts'
import { type Expected, type LimitedTake, type LimitName, nanoUsd, takesFor } from './limits.ts'
import { type Refusal, refusalOf } from './refusal.ts'

/** Why a request is not let in at all. */
export type Stranger = { readonly code: 'missing_api_key' | 'invalid_api_key' | 'api_key_expired'; readonly message: string }

/** Who may ask, for what, and how much of it. */
export type Clients = {
  /** Whose key it is; undefined when no clients are configured, and everybody may ask. */
  readonly identify: (headers: RequestHeaders, query: URLSearchParams) => Result<ClientConfig | undefined, Stranger>
  /** Takes what the request is expected to need of its client's limits. */
  readonly reserve: (request: Reservation) => Refusal | undefined | Promise<Refusal | undefined>
  /** Puts right what was taken, once the request has ended. */
  readonly observe: Observer
}

export type Reservation = Expected & { readonly client: string | undefined; readonly dialect: DialectName }

export type ClientsDeps = {
  readonly config: () => Config
  readonly store: Store
  /** A request was refused by this limit. */
  readonly onLimited: (client: string, limit: LimitName) => void
  /** How much of its budget a client has used, 0–1, after each request; with what it says of it. */
  readonly onSpent: (client: string, share: number, text: string) => void
}

const uncounted: Refusal = {
  kind: 'overloaded',
  code: 'state_unavailable',
  message: 'the store of limits does not answer, and state.on_failure is closed',
  retryAfterMs: 1000,
  headers: {},
}

type Held = { readonly takes: readonly LimitedTake[]; readonly expected: Expected; readonly takenMs: number }

export function createClients({ config, store, onLimited, onSpent }: ClientsDeps): Clients {
  const keyring = createKeyring()
  const held = new Map<string, Held>()

  const noteSpent = (client: ClientConfig, takes: readonly LimitedTake[], used: readonly number[]): void => {
    const { budget } = client
    const index = takes.findIndex(({ name }) => name === 'budget')
    const spent = used[index]
    if (budget === undefined || spent === undefined) return
    const usd = spent / nanoUsd
    onSpent(
      client.name,
      usd / budget.usd,
      `client ${client.name} has used ${usd.toFixed(2)} of ${budget.usd} USD for this ${budget.per}`,
    )
  }
  const settle = (
    client: ClientConfig,
    takes: readonly LimitedTake[],
    taken: Taken,
    { requestId, dialect, tokens, usd }: Reservation,
  ): Refusal | undefined => {
    if (taken.ok) {
      held.set(requestId, { takes, expected: { requestId, tokens, usd }, takenMs: store.nowMs() })
      noteSpent(client, takes, taken.used)
      return undefined
    }
    const over = takes[taken.refused]
    if (over === undefined) return uncounted
    onLimited(client.name, over.name)
    return refusalOf(client, over, taken, { dialect, nowMs: store.nowMs() })
  }
  return {
    identify(headers, query) {
      const { clients } = config()
      if (clients.length === 0) return ok(undefined)
      const key = presentedKey(headers, query)
      if (key === undefined) {
        return err({ code: 'missing_api_key', message: 'an API key is needed: as bearer token, x-api-key or x-goog-api-key' })
      }
      const client = keyring(clients, key)
      if (client === undefined) return err({ code: 'invalid_api_key', message: 'the API key is not known here' })
      if (client.expires !== undefined && store.nowMs() >= Date.parse(client.expires)) {
        return err({ code: 'api_key_expired', message: `the API key of ${client.name} expired at ${client.expires}` })
      }
      return ok(client)
    },
    reserve(request) {
      const client = request.client === undefined ? undefined : config().clients.find(({ name }) => name === request.client)
      if (client === undefined) return undefined
      const takes = takesFor(client, request, store.nowMs())
      if (takes.length === 0) return undefined
      const taken = store.take(takes.map(({ take }) => take))
      return taken instanceof Promise
        ? taken.then((value) => settle(client, takes, value, request))
        : settle(client, takes, taken, request)
    },
    observe(event) {
      if (event.kind !== 'request_ended') return
      const holding = held.get(event.requestId)
      if (holding === undefined) return
      held.delete(event.requestId)
      const { usage } = event
      store.give(givesFor(holding, { tokens: usage === undefined ? 0 : usage.input + usage.output, usd: event.costUsd ?? 0 }))
    },
  }
}

type Real = { readonly tokens: number; readonly usd: number }

/** The differences between what was expected and what it came to; a place is given back. */
function givesFor(holding: Held, real: Real): readonly Give[] {
  return holding.takes.flatMap((one) => giveFor(one, holding, real) ?? [])
}

function giveFor({ name, take }: LimitedTake, { expected, takenMs }: Held, real: Real): Give | undefined {
  switch (take.kind) {
    case 'place':
      return take
    case 'rate':
      return name === 'tokens' && real.tokens !== expected.tokens
        ? { ...take, amount: real.tokens - take.amount, takenMs }
        : undefined
    case 'sum': {
      const amount = Math.ceil(real.usd * nanoUsd) - take.amount
      return amount === 0 ? undefined : { ...take, amount }
    }
  }
}

// Secrets may come from files that are written again: a change is taken up within this time.
const keyringMs = 1000

/** Finds clients by the digests of their keys; the table is made again when the clients or their keys may have changed. */
function createKeyring(): (clients: readonly ClientConfig[], key: string) => ClientConfig | undefined {
  let madeOf: readonly ClientConfig[] | undefined
  let madeMs = 0
  let byDigest = new Map<string, ClientConfig>()
  return (clients, key) => {
    if (clients !== madeOf || Date.now() - madeMs > keyringMs) {
      byDigest = new Map()
      for (const client of clients) {
        for (const secret of client.keys) {
          const value = secret.reveal()
          if (value !== '') byDigest.set(storedDigest(value), client)
        }
      }
      madeOf = clients
      madeMs = Date.now()
    }
    return byDigest.get(digestOf(key))
  }
}
