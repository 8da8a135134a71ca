import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { asArray, asObject, asString } from '#lib/json.ts'
import { createMetrics } from '#telemetry/metrics.ts'

const folder = 'deploy/prometheus'
const rules = ['recording.yaml', 'alerts.yaml'].map((name) => `${folder}/${name}`)

const withPromtool = { skip: spawnSync('promtool', ['--version']).status === 0 ? false : 'promtool is not installed' }

function promtool(...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' })
  assert.equal(status, 0, `${stdout}\n${stderr}`)
}

test('prometheus: promtool takes the rules', withPromtool, () => promtool('check', 'rules', ...rules))

test('prometheus: each alert fires when it should and is quiet when it should not', withPromtool, () =>
  promtool('test', 'rules', `${folder}/alerts.test.yaml`),
)

type Rule = Readonly<Record<string, unknown>>

function rulesOf(file: string): readonly Rule[] {
  const groups = asArray(asObject(parse(readFileSync(file, 'utf8')))['groups'])
  return groups.flatMap((group) => asArray(asObject(group)['rules'])).map(asObject)
}

const all = rules.flatMap(rulesOf)
const alerts = all.filter((rule) => rule['alert'] !== undefined)

test('prometheus: each alert has a unit test and a paragraph for whom it wakes', () => {
  const tests = readFileSync(`${folder}/alerts.test.yaml`, 'utf8')
  const page = readFileSync('docs/operating.md', 'utf8')
  assert.ok(alerts.length > 0)
  for (const { alert, labels, annotations } of alerts) {
    const name = String(alert)
    assert.ok(tests.includes(`alertname: ${name}`), `${name} is not tested`)
    assert.ok(page.includes(`\n### ${name}\n`), `docs/operating.md does not tell of ${name}`)
    assert.equal(asObject(annotations)['runbook'], `docs/operating.md#${name.toLowerCase()}`)
    assert.match(asString(asObject(labels)['severity']) ?? '', /^(critical|warning)$/)
  }
})

test('prometheus: rules ask only for metrics that the relay has', async () => {
  const known = new Set<string>()
  const { registry, collectNode } = createMetrics('0')
  collectNode()
  for (const metric of await registry.getMetricsAsJSON()) {
    for (const suffix of String(metric.type) === 'histogram' ? ['_bucket', '_count', '_sum'] : [''])
      known.add(metric.name + suffix)
  }
  const recorded = new Set(all.flatMap(({ record }) => asString(record) ?? []))
  for (const rule of all) {
    const expr = String(rule['expr'])
    for (const [name] of expr.matchAll(/\boutrigger_\w+/g)) assert.ok(known.has(name), `no metric ${name}`)
    for (const [name] of expr.matchAll(/\boutrigger:[\w:]+/g)) assert.ok(recorded.has(name), `no recording rule ${name}`)
  }
})
