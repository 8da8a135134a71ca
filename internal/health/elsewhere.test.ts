import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttemptEnded } from '#canonical/observe.ts'
import type { Target } from '#canonical/plan.ts'
import { usualBreaker } from '../../test/support/health-config.ts'
import type { AccountLimit } from './account-limits.ts'
import { createHealth, type Health } from './registry.ts'

const target: Target = { id: 'a/one', provider: 'a', model: 'one', dialect: 'openai-chat', weight: 1 }

function healthOf(limits?: AccountLimit): Health {
  const providers = new Map([['a', { keys: [{ reveal: () => 'k' }], ...(limits === undefined ? {} : { limits }) }]])
  return createHealth({ breaker: usualBreaker, health: { window: 100 }, providers }, { random: () => 0, wallNowMs: () => 0 })
}

function attemptOf(outcome: 'ok' | 'server', atMs: number): AttemptEnded {
  return { kind: 'attempt_ended', requestId: 'r', route: 'm', target, keyIndex: 0, outcome, durationMs: 1, atMs }
}

test('health: a target that fails one time in ten does not look worse for hearing of eight processes', () => {
  const health = healthOf()
  for (let round = 0; round < 100; round++) {
    for (let other = 0; other < 7; other++) health.failedElsewhere(attemptOf('server', round), 9)
    for (let own = 0; own < 9; own++) health.observe(attemptOf('ok', round))
    health.observe(attemptOf('server', round))
  }
  const { breaker, errorRatio, samples, inFlight } = health.snapshot(100).of('a/one')
  assert.equal(breaker, 'closed')
  assert.deepEqual([samples, inFlight], [100, 0])
  assert.ok(Math.abs(errorRatio - 0.1) < 0.05, String(errorRatio))
})

test('health: what only fails elsewhere is left here too', () => {
  const health = healthOf()
  for (let heard = 0; heard < 3; heard++) health.failedElsewhere(attemptOf('server', heard), 0)
  assert.equal(health.snapshot(3).of('a/one').breaker, 'open')
})

test('health: answers elsewhere do not bring back a target that is out here', () => {
  const health = healthOf()
  for (let heard = 0; heard < 3; heard++) health.observe(attemptOf('server', heard))
  health.failedElsewhere(attemptOf('server', 10), 50)
  assert.equal(health.snapshot(10).of('a/one').breaker, 'open')
  assert.equal(health.admit(target, 31_000), 'trial')
  health.failedElsewhere({ ...attemptOf('server', 31_000), durationMs: 40_000 }, 50)
  assert.equal(health.admit(target, 31_000), 'refused', 'the trial is under way still')
})

test('health: what fails elsewhere is told as use of the account by the process that used it, not here', () => {
  const health = healthOf({ rpm: 100 })
  health.onUse(() => {})
  health.failedElsewhere(attemptOf('server', 0), 5)
  assert.deepEqual(health.takeUse(), [])
  health.observe({ kind: 'attempt_started', requestId: 'r', route: 'm', target, number: 1, keyIndex: 0, atMs: 1 })
  assert.deepEqual(health.takeUse(), [['a', 1, 0, 1]])
})
