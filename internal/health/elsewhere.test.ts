import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Target } from '#canonical/plan.ts'
import { createHealth, type Health } from './registry.ts'

const target: Target = { id: 'a/one', provider: 'a', model: 'one', dialect: 'openai-chat', weight: 1 }

function healthOf(): Health {
  const breaker = {
    consecutive_errors: 3,
    error_rate: 0.5,
    min_requests: 20,
    open_for: 30_000,
    max_open_for: 300_000,
    return: 'gradual',
  }
  const providers = new Map([['a', { keys: [{ reveal: () => 'k' }] }]])
  return createHealth({ breaker, health: { window: 100 }, providers }, { random: () => 0, wallNowMs: () => 0 })
}

function attempt(health: Health, outcome: 'ok' | 'server', atMs: number): void {
  health.observe({ kind: 'attempt_ended', requestId: 'r', route: 'm', target, keyIndex: 0, outcome, durationMs: 1, atMs })
}

test('health: a target that fails one time in ten does not look worse for hearing of eight processes', () => {
  const health = healthOf()
  for (let round = 0; round < 100; round++) {
    for (let other = 0; other < 7; other++) {
      health.answeredElsewhere(target, 9, round)
      attempt(health, 'server', round)
    }
    for (let own = 0; own < 9; own++) attempt(health, 'ok', round)
    attempt(health, 'server', round)
  }
  const { breaker, errorRatio, samples } = health.snapshot(100).of('a/one')
  assert.equal(breaker, 'closed')
  assert.equal(samples, 100)
  assert.ok(Math.abs(errorRatio - 0.1) < 0.05, String(errorRatio))
})

test('health: what only fails elsewhere is left here too', () => {
  const health = healthOf()
  for (let heard = 0; heard < 3; heard++) {
    health.answeredElsewhere(target, 0, heard)
    attempt(health, 'server', heard)
  }
  assert.equal(health.snapshot(3).of('a/one').breaker, 'open')
})

test('health: answers elsewhere do not bring back a target that is out here', () => {
  const health = healthOf()
  for (let heard = 0; heard < 3; heard++) attempt(health, 'server', heard)
  health.answeredElsewhere(target, 50, 10)
  assert.equal(health.snapshot(10).of('a/one').breaker, 'open')
  assert.equal(health.admit(target, 31_000), 'trial')
  health.answeredElsewhere(target, 50, 31_000)
  assert.equal(health.admit(target, 31_000), 'refused', 'the trial is under way still')
})
