/** Writes the generated pages again; with `--check` tells whether they are current. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { everything } from '#config/everything.ts'
import { jsonSchema } from '#config/json-schema.ts'
import { configurationReference } from '#config/reference.ts'
import { createMetrics } from '#telemetry/metrics.ts'
import { metricsReference } from '#telemetry/reference.ts'
import { cost } from './dashboards/cost.ts'
import { dashboardJson } from './dashboards/dashboard.ts'
import { overview } from './dashboards/overview.ts'
import { provider } from './dashboards/provider.ts'
import { translationPage } from './translation/page.ts'

const root = join(import.meta.dirname, '..')
const pages: Readonly<Record<string, string>> = {
  'docs/configuration.md': `${configurationReference().trim()}\n`,
  'docs/metrics.md': await metricsReference(createMetrics('0')),
  'docs/translation.md': translationPage(),
  'deploy/grafana/overview.json': dashboardJson(overview),
  'deploy/grafana/provider.json': dashboardJson(provider),
  'deploy/grafana/cost.json': dashboardJson(cost),
  'configs/everything.yaml': everything,
  'configs/routing.schema.json': `${JSON.stringify(jsonSchema(), null, 2)}\n`,
}

let stale = 0
for (const [file, text] of Object.entries(pages)) {
  const path = join(root, file)
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  stale++
  if (process.argv.includes('--check')) console.error(`${file} is not current: make docs`)
  else writeFileSync(path, text)
}
if (process.argv.includes('--check') && stale > 0) process.exitCode = 1
