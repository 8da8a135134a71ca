import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import { asArray, asObject, asString } from '#lib/json.ts'
import { createMetrics } from '#telemetry/metrics.ts'
import { cost } from '../../scripts/dashboards/cost.ts'
import { dashboardJson } from '../../scripts/dashboards/dashboard.ts'
import { overview } from '../../scripts/dashboards/overview.ts'
import { provider } from '../../scripts/dashboards/provider.ts'
import { dashboardNames, queriesOf, readDashboard } from '../support/dashboard-queries.ts'
import { dashboardSchema } from './dashboard-schema.ts'

const written = { overview, provider, cost }
const validate = new Ajv({ allErrors: true, strict: false }).compile(dashboardSchema)

for (const name of dashboardNames) {
  test(`grafana: ${name}.json is what its script writes`, () =>
    assert.equal(readFileSync(`deploy/grafana/${name}.json`, 'utf8'), dashboardJson(written[name]), 'run make docs'))

  test(`grafana: ${name}.json has the form that Grafana imports`, () =>
    assert.ok(validate(readDashboard(name)), JSON.stringify(validate.errors?.slice(0, 3))))

  test(`grafana: on ${name}.json ids are unique and no panel covers another`, () => {
    const panels = asArray(readDashboard(name)['panels']).map(asObject)
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
    const taken = new Set<string>()
    for (const { gridPos, title } of panels) {
      const { x, y, w, h } = asObject(gridPos)
      assert.ok(Number(x) + Number(w) <= 24, `${String(title)} is too wide`)
      for (let column = Number(x); column < Number(x) + Number(w); column++)
        for (let line = Number(y); line < Number(y) + Number(h); line++) {
          assert.ok(!taken.has(`${column} ${line}`), `${String(title)} covers another panel`)
          taken.add(`${column} ${line}`)
        }
    }
  })

  test(`grafana: queries of ${name}.json use its variables and the relay’s metrics only`, async () => {
    const variables = asArray(asObject(readDashboard(name)['templating'])['list']).map((one) => asString(asObject(one)['name']))
    const known = new Set<string>()
    const { registry, collectNode } = createMetrics('0')
    collectNode()
    for (const { name: metric, type } of await registry.getMetricsAsJSON())
      for (const suffix of String(type) === 'histogram' ? ['_bucket', '_count', '_sum'] : ['']) known.add(metric + suffix)
    for (const { expr, panel } of queriesOf(name)) {
      for (const [metric] of expr.matchAll(/\b(?:outrigger|process|nodejs)_\w+/g))
        assert.ok(known.has(metric), `${panel}: ${metric}`)
      for (const [, variable] of expr.matchAll(/\$(?!__)(\w+)/g))
        assert.ok(variables.includes(variable), `${panel}: $${String(variable)}`)
    }
  })
}

// Mirrored traffic is somebody's experiment for a while: it is looked at by a query of its own.
/** The unit that a panel must have, by how the first metric of its query ends; the processor's seconds a second are cores. */
const unitsBySuffix: readonly (readonly [RegExp, string])[] = [
  [/^process_cpu_seconds_total$/, 'short'],
  [/_usd_total$/, 'currencyUSD'],
  [/_seconds(?:_bucket|_sum)?$/, 's'],
  [/_bytes$/, 'bytes'],
  [/_ratio$/, 'percentunit'],
  [/^outrigger_(?:client_)?(?:requests|attempts|failovers)_total$/, 'reqps|percentunit|short'],
]

test('grafana: the unit of each panel is that of its metric', () => {
  let seen = 0
  for (const name of dashboardNames) {
    for (const panel of asArray(readDashboard(name)['panels']).map(asObject)) {
      const unit = asString(asObject(asObject(panel['fieldConfig'])['defaults'])['unit']) ?? ''
      for (const target of asArray(panel['targets']).map(asObject)) {
        const metric = /\b(?:outrigger|process|nodejs)_[a-z0-9_]+/.exec(asString(target['expr']) ?? '')?.[0] ?? ''
        const wanted = unitsBySuffix.find(([suffix]) => suffix.test(metric))?.[1]
        if (wanted === undefined) continue
        assert.ok(wanted.split('|').includes(unit), `${name}: ${String(panel['title'])} shows ${metric} as ${unit}`)
        seen++
      }
    }
  }
  assert.ok(seen > 40, `${seen} queries only`)
})

const apart = /^outrigger_mirrored_/

test('grafana: every metric of the relay is on a dashboard', async () => {
  const shown = dashboardNames
    .flatMap(queriesOf)
    .map(({ expr }) => expr)
    .join('\n')
  const all = await createMetrics('0').registry.getMetricsAsJSON()
  const missing = all
    .filter(({ name }) => name.startsWith('outrigger_') && !apart.test(name) && !shown.includes(name))
    .map(({ name }) => name)
  assert.deepEqual(missing, [])
})
