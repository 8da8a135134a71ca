import { type Clients, createClients } from '#clients/clients.ts'
import type { Current } from '#config/current.ts'
import type { Alerts } from '#health/alerts.ts'
import type { Prices } from '#pricing/catalogue.ts'
import { estimateInput, estimateOutput } from '#pricing/estimate-tokens.ts'
import type { RelayDeps } from '#relay/deps.ts'
import type { Metrics } from '#telemetry/metrics.ts'
import type { OpenedStore } from './open-store.ts'

export type StartClientsDeps = {
  readonly current: Current
  readonly metrics: Metrics
  readonly opened: OpenedStore
  readonly alerts: Alerts
}

const usualAlertAt = 0.8

/** Virtual keys with their limits, and the alerts about budgets and about the store that keeps them. */
export function startClients({ current, metrics, opened, alerts }: StartClientsDeps): Clients {
  opened.onState((state, reason) => {
    if (state === 'up') alerts.clear('state_unavailable', 'redis')
    else alerts.raise('state_unavailable', 'redis', `the store that instances share does not answer: ${reason}`)
  })
  return createClients({
    config: current.get,
    store: opened.store,
    onLimited: (client, limit) => metrics.clientLimited.inc({ client, limit }),
    onSpent(client, share, text) {
      metrics.clientBudget.set({ client }, share)
      const alertAt = current.get().clients.find(({ name }) => name === client)?.budget?.alert_at ?? usualAlertAt
      if (share >= alertAt) alerts.raise('budget_nearly_spent', client, text)
      else alerts.clear('budget_nearly_spent', client)
    },
  })
}

/** What a request will take of its client's limits, as far as one can know before. */
export function reserveFor(clients: Clients, { cost }: Prices): NonNullable<RelayDeps['reserve']> {
  return ({ hints, request, requestId, dialect }, { steps }) => {
    if (hints.client === undefined) return undefined
    const input = estimateInput(request)
    const output = estimateOutput(request)
    const target = steps[0]?.target
    const usage = { input, output, cacheRead: 0, cacheWrite: 0, reasoning: 0 }
    const usd = target === undefined ? 0 : (cost(target, usage) ?? 0)
    return clients.reserve({ client: hints.client, requestId, dialect: dialect.name, tokens: input + output, usd })
  }
}
