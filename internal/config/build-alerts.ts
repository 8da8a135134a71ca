import { compact } from '#lib/json.ts'
import type { BuildContext } from './build-context.ts'
import { optionalSecret } from './build-secret.ts'
import type { AlertConfig } from './config.ts'
import { reportRepeated } from './repeated.ts'
import type { Filled } from './schema/routing-file.ts'

/** The block `alerts`: each with a name. */
export function buildAlerts(data: Filled, context: BuildContext): readonly AlertConfig[] {
  const alerts = data.alerts.map((alert, index): AlertConfig => {
    const path = ['alerts', String(index), 'webhook']
    const webhook = optionalSecret(alert.webhook, path, context)
    if (webhook !== undefined && !/^https?:\/\//.test(webhook.reveal())) {
      context.report(path, `${path.join('.')} must be a URL that begins with http:// or https://`)
    }
    return compact({ ...alert, name: alert.name ?? `alert-${index + 1}`, webhook })
  })
  reportRepeated(alerts, { path: ['alerts'], field: 'name', what: 'alert', report: context.report })
  return alerts
}
