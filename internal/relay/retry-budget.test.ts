import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRetryBudget, type RetryBudget } from './retry-budget.ts'

function retriesAllowed(budget: RetryBudget, nowMs: number): number {
  let count = 0
  while (budget.tryRetry(nowMs)) count++
  return count
}

test('retry budget: with few requests there are 10 retries a second', () => {
  const budget = createRetryBudget(() => 0.2)
  budget.request(0)
  assert.equal(retriesAllowed(budget, 0), 100)
  assert.equal(retriesAllowed(budget, 9000), 0)
})

test('retry budget: with many requests it is their share', () => {
  const budget = createRetryBudget(() => 0.2)
  for (let count = 0; count < 10_000; count++) budget.request(count / 2)
  assert.equal(retriesAllowed(budget, 5000), 2000)
})

test('retry budget: what happened 10 s ago is forgotten', () => {
  const budget = createRetryBudget(() => 0.2)
  assert.equal(retriesAllowed(budget, 100), 100)
  assert.equal(retriesAllowed(budget, 9999), 0)
  assert.equal(retriesAllowed(budget, 10_001), 100)
  assert.equal(retriesAllowed(budget, 1_000_000), 100)
})

test('retry budget: 0 allows none, and a reload takes effect', () => {
  let ratio = 0
  const budget = createRetryBudget(() => ratio)
  assert.equal(budget.tryRetry(0), false)
  ratio = 0.2
  assert.equal(budget.tryRetry(0), true)
})

test('retry budget: never more than the share or the floor in any 10 s', () => {
  const steps = fc.array(fc.record({ gapMs: fc.integer({ min: 0, max: 900 }), requests: fc.integer({ min: 0, max: 200 }) }), {
    maxLength: 60,
  })
  fc.assert(
    fc.property(steps, (list) => {
      const budget = createRetryBudget(() => 0.2)
      const history: { readonly atMs: number; readonly requests: number; readonly retries: number }[] = []
      let nowMs = 0
      for (const { gapMs, requests } of list) {
        nowMs += gapMs
        for (let count = 0; count < requests; count++) budget.request(nowMs)
        history.push({ atMs: nowMs, requests, retries: retriesAllowed(budget, nowMs) })
        const recent = history.filter(({ atMs }) => atMs > nowMs - 9500)
        const sum = (key: 'requests' | 'retries'): number => recent.reduce((total, entry) => total + entry[key], 0)
        const all = history.filter(({ atMs }) => atMs > nowMs - 10_000).reduce((total, entry) => total + entry.requests, 0)
        assert.ok(sum('retries') <= Math.max(100, 0.2 * all))
      }
    }),
    { numRuns: 30 },
  )
})
