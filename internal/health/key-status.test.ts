import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttemptOutcome } from '#canonical/observe.ts'
import { loadText } from '#config/load.ts'
import { createHealth } from './registry.ts'

function labOf() {
  const loaded = loadText(
    `version: 1
providers:
  a: { type: openai, api_keys: [one-secret, two-secret, three-secret] }
  b: { type: openai, api_key: four-secret }
models:
  m: { targets: [a/one, a/two, b/one] }
`,
    { path: 'routing.yaml' },
  )
  assert.ok(loaded.ok)
  const { config } = loaded.value
  const health = createHealth(config, { random: () => 0.5 })
  const end = (keyIndex: number, outcome: AttemptOutcome, status: number, headers = {}): void => {
    const target = config.models[0]?.targets[0] ?? assert.fail()
    health.observe({
      kind: 'attempt_ended',
      requestId: 'r',
      route: 'm',
      target,
      keyIndex,
      outcome,
      durationMs: 5,
      atMs: 1000,
      status,
      headers,
    })
  }
  const told = (nowMs: number): readonly string[] =>
    health
      .keyStatus(nowMs)
      .map((key) => `${key.provider}#${key.number} ${key.state} ${key.restsForMs} ${key.targets.join()}`.trim())
  return { health, end, told }
}

test('keys: all are told by their places, and nothing of what they are', () => {
  const { health, told } = labOf()
  assert.deepEqual(told(0), ['a#1 ok 0', 'a#2 ok 0', 'a#3 ok 0', 'b#1 ok 0'])
  assert.doesNotMatch(JSON.stringify(health.keyStatus(0)), /secret/)
})

test('keys: refused, unpaid, limited at a target; and used again when they have rested', () => {
  const { end, told } = labOf()
  end(0, 'auth', 401)
  end(1, 'billing', 402)
  end(2, 'rate_limit', 429, { 'retry-after': '20' })
  assert.deepEqual(told(1000), ['a#1 refused 300000', 'a#2 unpaid 300000', 'a#3 limited 20000 a/one', 'b#1 ok 0'])
  assert.deepEqual(told(21_000), ['a#1 refused 280000', 'a#2 unpaid 280000', 'a#3 ok 0', 'b#1 ok 0'])
  assert.deepEqual(told(301_000), ['a#1 ok 0', 'a#2 ok 0', 'a#3 ok 0', 'b#1 ok 0'])
})

test('keys: an answer shows that a key is good', () => {
  const { end, told } = labOf()
  end(0, 'auth', 401)
  end(0, 'ok', 200)
  assert.equal(told(1000)[0], 'a#1 ok 0')
})
