import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createExpectedWait } from './expected-wait.ts'

test('expected wait: nothing is known before the first', () => {
  assert.equal(createExpectedWait().at(100), undefined)
})

test('expected wait: a target that got the short prompts is not the faster one', () => {
  const short = createExpectedWait()
  const long = createExpectedWait()
  // Both take 100 ms and 0.2 ms a token.
  for (let at = 0; at < 20; at++) {
    short.add(100 + 0.2 * 100, 100, at * 100)
    long.add(100 + 0.2 * 4000, 4000, at * 100)
  }
  for (const size of [100, 2000, 4000]) {
    const [one, other] = [short.at(size) ?? 0, long.at(size) ?? 0]
    assert.ok(Math.abs(one - other) < 0.15 * one, `${size} tokens: ${one} and ${other}`)
  }
})

test('expected wait: the slope is learnt where sizes differ', () => {
  const wait = createExpectedWait()
  for (let at = 0; at < 60; at++) {
    const tokens = 500 + ((at * 7919) % 8000)
    wait.add(50 + 0.05 * tokens, tokens, at * 50)
  }
  assert.ok(Math.abs((wait.at(6000) ?? 0) - 350) < 60, `${wait.at(6000)}`)
})

test('expected wait: a change shows within a few requests, and at once after a pause', () => {
  const wait = createExpectedWait()
  for (let at = 0; at < 50; at++) wait.add(100, 200, at * 100)
  for (let at = 0; at < 8; at++) wait.add(400, 200, 5000 + at * 100)
  assert.ok((wait.at(200) ?? 0) > 280, `${wait.at(200)}`)
  wait.add(80, 200, 120_000)
  assert.ok((wait.at(200) ?? 0) < 110, `${wait.at(200)}`)
})

test('expected wait: a request without a count changes the wait and not the sizes', () => {
  const wait = createExpectedWait()
  wait.add(100, 1000, 0)
  for (let at = 1; at < 30; at++) wait.add(200, undefined, at)
  assert.ok(Math.abs((wait.at(1000) ?? 0) - 200) < 5)
})
