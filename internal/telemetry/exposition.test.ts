import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createExposition } from './exposition.ts'
import { createMetrics } from './metrics.ts'

const prometheus =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'

const cases: readonly (readonly [string, string, 'open' | 'text'])[] = [
  ['Prometheus as it is set up', prometheus, 'open'],
  ['no header', '', 'text'],
  ['anything', '*/*', 'text'],
  ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text'],
  ['plain text first', 'text/plain;q=0.9, application/openmetrics-text;q=0.5', 'text'],
  ['OpenMetrics refused', 'application/openmetrics-text;q=0, text/plain;q=0', 'text'],
]

for (const [name, accept, format] of cases) {
  test(`exposition: ${name} gets ${format}`, async () => {
    const { contentType, body } = await createExposition(createMetrics('1').registry)(accept)
    assert.equal(contentType.startsWith(format === 'open' ? 'application/openmetrics-text' : 'text/plain'), true)
    assert.equal(body.endsWith('# EOF\n'), format === 'open')
  })
}

test('exposition: both formats tell the same numbers', async () => {
  const metrics = createMetrics('1')
  metrics.retryBudgetExhausted.inc(3)
  const scrape = createExposition(metrics.registry)
  const [open, text] = await Promise.all([scrape(prometheus), scrape('')])
  for (const { body } of [open, text]) assert.match(body, /^outrigger_retry_budget_exhausted_total 3$/m)
  assert.match(open.body, /^# TYPE outrigger_retry_budget_exhausted counter$/m)
  assert.match(text.body, /^# TYPE outrigger_retry_budget_exhausted_total counter$/m)
})
