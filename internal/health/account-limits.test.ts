import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RelayEvent } from '#canonical/observe.ts'
import { createAccountLimits } from './account-limits.ts'

const target = { id: 'p/m', provider: 'p', model: 'm', dialect: 'openai-chat', weight: 1 } as const

function started(atMs: number): RelayEvent {
  return { kind: 'attempt_started', requestId: 'r', route: 'x', target, number: 1, keyIndex: 0, atMs }
}

function ended(atMs: number, tokens: number): RelayEvent {
  const usage = { input: tokens, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 }
  return { kind: 'attempt_ended', requestId: 'r', route: 'x', target, keyIndex: 0, outcome: 'ok', durationMs: 1, atMs, usage }
}

test('requests, tokens and places: full is full, and a minute later it is not', () => {
  for (const [limit, events] of [
    [{ rpm: 2 }, [started(0), ended(1, 5), started(2), ended(3, 5)]],
    [{ tpm: 10 }, [started(0), ended(1, 10)]],
    [{ max_concurrent: 1 }, [started(0)]],
  ] as const) {
    const limits = createAccountLimits(() => limit)
    assert.equal(limits.restUntilMs('p', 0), 0)
    for (const event of events) limits.observe(event)
    assert.ok(limits.restUntilMs('p', 10) > 10, JSON.stringify(limit))
    if ('max_concurrent' in limit) limits.observe(ended(20, 0))
    assert.equal(limits.restUntilMs('p', 62_000), 0, JSON.stringify(limit))
  }
})

test('a provider without limits is never full', () => {
  const limits = createAccountLimits(() => undefined)
  for (let count = 0; count < 100; count++) limits.observe(started(count))
  assert.equal(limits.restUntilMs('p', 100), 0)
})

test('what other processes use of the account counts, and what is used here is told once', () => {
  const limits = createAccountLimits(() => ({ rpm: 3, tpm: 100, max_concurrent: 3 }))
  let told = 0
  limits.shared.onUse(() => told++)
  limits.observe(started(0))
  limits.observe(ended(1, 40))
  limits.observe(started(2))
  assert.equal(told, 3)
  assert.deepEqual(limits.shared.takeUse(), [['p', 2, 40, 1]])
  assert.deepEqual(limits.shared.takeUse(), [])
  assert.equal(limits.restUntilMs('p', 10), 0)
  limits.shared.hearUse(7, [['p', 0, 0, 2]], 10)
  assert.equal(limits.restUntilMs('p', 10), 60, 'no place')
  limits.shared.forgetUse(7)
  assert.equal(limits.restUntilMs('p', 10), 0)
  limits.shared.hearUse(7, [['p', 0, 60, 0]], 10)
  assert.equal(limits.restUntilMs('p', 10), 1010, 'no tokens')
  assert.equal(limits.restUntilMs('p', 61_100), 0, 'a minute later')
  limits.shared.hearUse(7, [['p', 3, 0, 0]], 61_200)
  assert.ok(limits.restUntilMs('p', 61_200) > 61_200, 'no requests')
  assert.deepEqual(limits.shared.takeUse(), [], 'what was heard is not told again')
})
