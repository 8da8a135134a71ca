import { type Clients, createClients, type Spent } from '#clients/clients.ts'
import { createTokens } from '#clients/tokens.ts'
import type { Current } from '#config/current.ts'
import type { Alerts } from '#health/alerts.ts'
import { reasonOf } from '#lib/reason.ts'
import type { Prices } from '#pricing/catalogue.ts'
import { estimateInput, estimateOutput } from '#pricing/estimate-tokens.ts'
import type { UsualOutput } from '#pricing/usual-output.ts'
import type { RelayDeps } from '#relay/deps.ts'
import type { Logger } from '#telemetry/log.ts'
import type { Metrics } from '#telemetry/metrics.ts'
import type { OpenedStore } from './open-store.ts'

export type StartClientsDeps = {
  readonly current: Current
  readonly metrics: Metrics
  readonly opened: OpenedStore
  readonly alerts: Pick<Alerts, 'raise' | 'clear'>
  readonly log: Logger
}

/** Virtual keys and tokens with their limits, and the alerts about budgets and about the store that keeps them. */
export function startClients({ current, metrics, opened, alerts, log }: StartClientsDeps): Clients {
  opened.onState((state, reason) => {
    metrics.stateUp.set(state === 'up' ? 1 : 0)
    if (state === 'up') alerts.clear('state_unavailable', 'redis')
    else alerts.raise('state_unavailable', 'redis', `the store that instances share does not answer: ${reason}`)
  })
  const tokens = createTokens({
    onFailure: (issuer, error) => log.warn({ issuer, reason: reasonOf(error) }, 'keys of a token issuer not fetched'),
    nowMs: Date.now,
  })
  tokens.warmUp(current.get().jwt)
  current.subscribe(({ ok }, { jwt }) => {
    if (ok) tokens.warmUp(jwt)
  })
  const tellSpent = createSpentTeller(metrics, alerts)
  return createClients({
    config: current.get,
    store: opened.store,
    tokens,
    onLimited: ({ name, group = name }, limit) => metrics.clientLimited.inc({ client: group, limit }),
    onSpent: tellSpent,
  })
}

// Of clients without number so many are remembered as being near their budget.
const mostNear = 10_000

/** Alerts by client; of the clients of an issuer, who may be without number, the metrics and alerts tell of the issuer. */
function createSpentTeller(metrics: Metrics, alerts: Pick<Alerts, 'raise' | 'clear'>): (spent: Spent) => void {
  const near = new Map<string, Set<string>>()
  return ({ client: { name, group = name }, share, alertAt, text }) => {
    if (group === name) metrics.clientBudget.set({ client: name }, share)
    const members = near.get(group) ?? new Set()
    near.set(group, members)
    if (share >= alertAt) {
      if (members.size < mostNear) members.add(name)
      alerts.raise('budget_nearly_spent', group, text)
    } else if (members.delete(name) && members.size === 0) alerts.clear('budget_nearly_spent', group)
  }
}

/** `budgetsOnly`: for what is paid on a client's account and is no request of its own. */
export type ReserveOptions = { readonly usual: UsualOutput; readonly budgetsOnly?: boolean }

/** What a request will take of its client's limits, as far as one can know before. */
export function reserveFor(
  clients: Clients,
  { cost }: Prices,
  { usual, budgetsOnly = false }: ReserveOptions,
): NonNullable<RelayDeps['reserve']> {
  return ({ hints, request, requestId, dialect }, { steps, route }) => {
    if (hints.client === undefined) return undefined
    const input = estimateInput(request)
    // Where answers are usually longer than one would guess: what is reserved too little may be overspent.
    const output = Math.max(estimateOutput(request), estimateOutput(request, usual.of(route)))
    const target = steps[0]?.target
    const usage = { input, output, cacheRead: 0, cacheWrite: 0, reasoning: 0 }
    const usd = target === undefined ? 0 : (cost(target, usage) ?? 0)
    const expected = { requestId, tokens: input + output, usd }
    return clients.reserve({ client: hints.client, dialect: dialect.name, budgetsOnly, ...expected })
  }
}
