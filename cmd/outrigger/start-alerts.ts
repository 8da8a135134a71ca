import type { Config } from '#config/config.ts'
import type { Current } from '#config/current.ts'
import { type AlertRule, type Alerts, createAlerts } from '#health/alerts.ts'
import type { Health } from '#health/registry.ts'
import { createWebhooks, type Send } from '#health/webhook.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#telemetry/log.ts'
import type { Metrics } from '#telemetry/metrics.ts'
import { newsOf } from './group-alerts.ts'
import type { Worker } from './worker.ts'

export type StartAlertsDeps = {
  readonly current: Current
  readonly health: Health
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
  /** Set when several processes share the clients' port. */
  readonly worker?: Worker | undefined
}

const webhookTimeoutMs = 5000

/** Watches what people must know at once, and tells it: in the log, in the metrics, to the webhooks of the file. */
export function startAlerts({ current, health, metrics, clock, log, worker }: StartAlertsDeps): Alerts {
  const webhooks = createWebhooks({
    send,
    clock,
    wallNowMs: Date.now,
    onLost: (host, reason) => log.error({ host, reason }, 'alert not delivered'),
  })
  const alerts = createAlerts(rulesOf(current.get()), {
    clock,
    onCount: worker?.count,
    notify(notice) {
      const { alert, target, text: reason, status } = notice
      metrics.alertsFiring.set({ alert, target }, status === 'firing' ? 1 : 0)
      const tell = (): void => {
        log[status === 'firing' ? 'error' : 'warn']({ alert, target, reason }, `alert ${status}`)
        webhooks(notice)
      }
      // Each worker of a group sees what the others see; people are told once.
      if (worker === undefined) tell()
      else worker.tellOnce(newsOf(notice), tell)
    },
  })
  health.onTransition(alerts.onTransition)
  current.subscribe((state, config) => {
    if (state.ok) {
      alerts.reconfigure(rulesOf(config))
      alerts.clear('config_refused', config.path)
    } else alerts.raise('config_refused', config.path, state.problems.join('; '))
  })
  return {
    ...alerts,
    adopt(notice, forMs) {
      alerts.adopt(notice, forMs)
      metrics.alertsFiring.set({ alert: notice.alert, target: notice.target }, 1)
    },
  }
}

function rulesOf(config: Config): readonly AlertRule[] {
  return config.alerts.map(({ error_rate, over, min_requests, webhook, format }) => ({
    error_rate,
    over,
    min_requests,
    webhook: webhook === undefined ? undefined : { url: webhook.reveal(), format },
  }))
}

/** Redirects are not followed: the URL itself is a secret. */
const send: Send = async (url, payload) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(payload),
    redirect: 'manual',
    signal: AbortSignal.timeout(webhookTimeoutMs),
  })
  await response.body?.cancel()
  return response.status
}
