import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { compact } from '#lib/json.ts'
import type { BuildContext } from './build-context.ts'
import { optionalSecret } from './build-secret.ts'
import type { UsageConfig } from './config.ts'
import type { Filled } from './schema/routing-file.ts'

/** The block `usage`: where records of requests go. */
export function buildUsage({ usage }: Filled, context: BuildContext): UsageConfig | undefined {
  if (usage === undefined) return undefined
  const path = ['usage']
  if (usage.file === undefined && usage.http === undefined) {
    context.report(path, 'usage goes nowhere', { hint: 'give it `file` or `http`', severity: 'warning' })
  }
  if (usage.file !== undefined && statSync(dirname(usage.file), { throwIfNoEntry: false })?.isDirectory() !== true) {
    const hint = 'until it is there, records are kept in memory'
    context.report([...path, 'file'], `there is no folder ${dirname(usage.file)}`, { hint, severity: 'warning' })
  }
  if (usage.http !== undefined && !URL.canParse(usage.http.url)) {
    context.report([...path, 'http', 'url'], `${usage.http.url} is no URL`)
  }
  const { token, ...http } = usage.http ?? {}
  return compact({
    file: usage.file,
    http:
      usage.http === undefined
        ? undefined
        : compact({ ...usage.http, ...http, token: optionalSecret(token, [...path, 'http', 'token'], context) }),
  })
}
