import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadText } from '#config/load.ts'

test('the limits that keep a fault from being noticed too late, by default', () => {
  const loaded = loadText(
    'version: 1\nproviders: { p: { type: openai-compatible, base_url: "http://127.0.0.1:9" } }\nmodels: { m: { targets: [p/a] } }\n',
    { path: 'routing.yaml' },
  )
  assert.ok(loaded.ok)
  const { timeouts, breaker, health, retry } = loaded.value.config
  assert.deepEqual(timeouts, { connect: 2000, first_token: 'auto', answer: 'auto', idle: 20_000, total: 600_000 })
  assert.deepEqual([breaker.consecutive_errors, breaker.open_for, breaker.max_open_for], [3, 30_000, 300_000])
  assert.deepEqual([health.interval, health.timeout, health.window], [30_000, 5000, 100])
  assert.equal(retry.attempts, 4)
})
