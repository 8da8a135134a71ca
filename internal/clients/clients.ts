import type { Observer } from '#canonical/observe.ts'
import type { DialectName } from '#canonical/request.ts'
import type { ClientConfig, Config } from '#config/config.ts'
import { createLru } from '#lib/lru.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { Give, Store, Taken } from '#state/store.ts'
import { createKeyring } from './keyring.ts'
import { presentedKey, type RequestHeaders } from './keys.ts'
import { headersOfGranted } from './limit-headers.ts'
import { type Expected, type LimitedTake, type LimitName, nanoUsd, takesFor } from './limits.ts'
import { type Refusal, refusalOf } from './refusal.ts'
import type { Stranger } from './stranger.ts'
import type { Tokens } from './tokens.ts'

type Identified = Result<ClientConfig | undefined, Stranger>

/** Who may ask, for what, and how much of it. */
export type Clients = {
  /** Whose key or token it is; undefined when neither is configured, and everybody may ask. A promise only for a token that is new. */
  readonly identify: (headers: RequestHeaders, query: URLSearchParams) => Identified | Promise<Identified>
  /** Takes what the request is expected to need of its client's limits. */
  readonly reserve: (request: Reservation) => Reserved | Promise<Reserved>
  /** Puts right what was taken, once the request has ended. */
  readonly observe: Observer
}

/** Undefined: there is nothing to take, and nothing to tell. */
type Reserved = Refusal | Granted | undefined

/** The request is let in; with what is left of the limits, for its answer. */
export type Granted = { readonly kind: 'granted'; readonly headers: Readonly<Record<string, string>> }

export type Reservation = Expected & {
  readonly client: string | undefined
  readonly dialect: DialectName
  /** Nothing is taken but money; nor is a refusal counted, since the request that it is for will have one of its own. */
  readonly budgetsOnly: boolean
}

/** How much of a budget is used, 0–1; with what people are told of it. */
export type Spent = { readonly client: ClientConfig; readonly share: number; readonly alertAt: number; readonly text: string }

export type ClientsDeps = {
  readonly config: () => Config
  readonly store: Store
  readonly tokens: Tokens
  /** A request was refused by this limit. */
  readonly onLimited: (client: ClientConfig, limit: LimitName) => void
  /** After each request of a client with a budget; of several budgets the one that is used most. */
  readonly onSpent: (spent: Spent) => void
}

const uncounted: Refusal = {
  kind: 'overloaded',
  code: 'state_unavailable',
  message: 'the store of limits does not answer, and state.on_failure is closed',
  retryAfterMs: 1000,
  headers: {},
}

type Held = { readonly takes: readonly LimitedTake[]; readonly expected: Expected; readonly takenMs: number }

// Clients that come with tokens are in no file: they are kept from their token to the end of their requests.
const mostTokenClients = 50_000

export function createClients({ config, store, tokens, onLimited, onSpent }: ClientsDeps): Clients {
  const keyring = createKeyring(Date.now)
  const withToken = createLru<string, ClientConfig>(mostTokenClients)
  const held = new Map<string, Held>()

  const settle = (client: ClientConfig, takes: readonly LimitedTake[], taken: Taken, request: Reservation): Reserved => {
    const { requestId, dialect, tokens: expected, usd } = request
    if (taken.ok) {
      held.set(requestId, { takes, expected: { requestId, tokens: expected, usd }, takenMs: store.nowMs() })
      const spent = spentOf(client, takes, taken.used)
      if (spent !== undefined) onSpent(spent)
      const headers = headersOfGranted(takes, taken.used, { dialect, nowMs: store.nowMs() })
      return headers === undefined ? undefined : { kind: 'granted', headers }
    }
    const over = takes[taken.refused]
    if (over === undefined) return uncounted
    if (!request.budgetsOnly) onLimited(client, over.name)
    return refusalOf(client, over, taken, { dialect, nowMs: store.nowMs() })
  }
  const admitToken = (identified: Result<ClientConfig, Stranger>): Identified => {
    if (identified.ok) withToken.set(identified.value.name, identified.value)
    return identified
  }
  return {
    identify(headers, query) {
      const { clients, jwt } = config()
      if (clients.length === 0 && jwt.length === 0) return ok(undefined)
      const key = presentedKey(headers, query)
      if (key === undefined) {
        return err({ code: 'missing_api_key', message: 'an API key is needed: as bearer token, x-api-key or x-goog-api-key' })
      }
      const token = tokens.identify(jwt, key)
      if (token !== undefined) return token instanceof Promise ? token.then(admitToken) : admitToken(token)
      const owner = keyring.byKey(clients, key)
      if (owner === undefined) return err({ code: 'invalid_api_key', message: 'the API key is not known here' })
      const { client, until } = owner
      const ended = [client.expires, until].find((end) => end !== undefined && store.nowMs() >= Date.parse(end))
      if (ended === undefined) return ok(client)
      return err({ code: 'api_key_expired', message: `the API key of ${client.name} expired at ${ended}` })
    },
    reserve(request) {
      if (request.client === undefined) return undefined
      const client = keyring.byName(config().clients, request.client) ?? withToken.get(request.client)
      if (client === undefined) return undefined
      const all = takesFor(client, request, store.nowMs())
      const takes = request.budgetsOnly ? all.filter(({ name }) => name === 'budget') : all
      if (takes.length === 0) return undefined
      const taken = store.take(takes.map(({ take }) => take))
      return taken instanceof Promise
        ? taken.then((value) => settle(client, takes, value, request))
        : settle(client, takes, taken, request)
    },
    observe(event) {
      // Without limits nothing is held, and every request comes by here.
      if (event.kind !== 'request_ended' || held.size === 0) return
      const holding = held.get(event.requestId)
      if (holding === undefined) return
      held.delete(event.requestId)
      const { usage } = event
      store.give(givesFor(holding, { tokens: usage === undefined ? 0 : usage.input + usage.output, usd: event.costUsd ?? 0 }))
    },
  }
}

const usualAlertAt = 0.8

/** Of the client's budgets the one that is used most. */
function spentOf(client: ClientConfig, takes: readonly LimitedTake[], used: readonly number[]): Spent | undefined {
  let most: Spent | undefined
  for (const [index, over] of takes.entries()) {
    if (over.name !== 'budget') continue
    const { usd: limit, per, alert_at: alertAt = usualAlertAt } = over.budget
    const usd = (used[index] ?? 0) / nanoUsd
    const share = usd / limit
    if (most !== undefined && share <= most.share) continue
    most = { client, share, alertAt, text: `client ${client.name} has used ${usd.toFixed(2)} of ${limit} USD for this ${per}` }
  }
  return most
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
