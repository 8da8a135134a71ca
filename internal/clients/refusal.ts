import type { DialectName } from '#canonical/request.ts'
import type { ClientConfig } from '#config/config.ts'
import type { Taken } from '#state/store.ts'
import { limitHeaders } from './limit-headers.ts'
import { type LimitedTake, type LimitName, nanoUsd, periodAt } from './limits.ts'

/** Why a request of a known client is not served now. */
export type Refusal = {
  readonly kind: 'rate_limit' | 'overloaded'
  readonly code: string
  readonly message: string
  /** When asking again makes sense; left out when an SDK must not try by itself. */
  readonly retryAfterMs?: number
  readonly headers: Readonly<Record<string, string>>
}

type Over = Extract<Taken, { readonly ok: false }>

// Waits up to this are left to the SDK's own retry; a longer one is for people.
const longestRetryMs = 120_000
// Nobody knows when another request of the client ends.
const placeRetryMs = 1000

/** The refusal of a request that is over a limit, with the headers in which its SDK looks for limits. */
export function refusalOf(
  client: ClientConfig,
  over: LimitedTake,
  taken: Over,
  about: { readonly dialect: DialectName; readonly nowMs: number },
): Refusal {
  const { name, take } = over
  const waitMs = waitOf(over, taken, about.nowMs)
  const alone = take.kind !== 'place' && take.amount > take.limit
  const retry = !alone && waitMs <= longestRetryMs ? { retryAfterMs: waitMs } : {}
  return {
    kind: 'rate_limit',
    code: codes[name],
    message: messageOf(client, over, taken),
    ...retry,
    headers: {
      ...('retryAfterMs' in retry ? {} : { 'retry-after': String(Math.ceil(waitMs / 1000)) }),
      ...limitHeaders(over, { used: taken.used, resetMs: waitMs, ...about }),
    },
  }
}

const codes: Readonly<Record<LimitName, string>> = {
  concurrency: 'client_concurrency_exceeded',
  requests: 'client_rpm_exceeded',
  tokens: 'client_tpm_exceeded',
  budget: 'client_budget_exceeded',
}

function waitOf(over: LimitedTake, { retryAfterMs }: Over, nowMs: number): number {
  if (retryAfterMs !== undefined) return retryAfterMs
  return over.name === 'budget' ? periodAt(over.budget.per, nowMs).ttlMs : placeRetryMs
}

function messageOf({ name }: ClientConfig, over: LimitedTake, { used }: Over): string {
  const { take } = over
  const who = `client ${JSON.stringify(name)}`
  switch (over.name) {
    case 'concurrency':
      return `${who} has ${take.limit} requests under way, which is its limit`
    case 'requests':
      return `${who} is at its limit of ${take.limit} requests a minute`
    case 'tokens':
      return take.kind !== 'place' && take.amount > take.limit
        ? `the request needs about ${take.amount} tokens, and ${who} may use ${take.limit} a minute`
        : `${who} is at its limit of ${take.limit} tokens a minute`
    case 'budget':
      return `${who} has used ${usd(used)} of its ${usd(take.limit)} USD for this ${over.budget.per}, which leaves too little for this request`
  }
}

function usd(nano: number): string {
  // Budgets may be a fraction of a cent: so small ones are told to the last digit.
  const places = nano > 0 && nano < nanoUsd / 100 ? 9 : 4
  return (nano / nanoUsd).toFixed(places).replace(/\.?0+$/, '')
}
