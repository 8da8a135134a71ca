import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Failure } from '#canonical/failure.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { authFailure } from './auth-failure.ts'
import { createTokenCache, type Fetched } from './token-cache.ts'

const hourMs = 3_600_000

/** A clock and a source of numbered tokens that live for an hour. */
function lab(lifeMs = hourMs) {
  const state = { nowMs: 1_000_000, fetches: 0, fails: false }
  const fetch = async (): Promise<Result<Fetched<string>, Failure>> => {
    state.fetches++
    await Promise.resolve()
    return state.fails ? err(authFailure('no')) : ok({ value: `token-${state.fetches}`, expiresAtMs: state.nowMs + lifeMs })
  }
  return { state, cache: createTokenCache(fetch, () => state.nowMs) }
}

test('tokens: many who ask at once wait for one fetch', async () => {
  const { state, cache } = lab()
  const all = await Promise.all(Array.from({ length: 50 }, () => cache.get()))
  assert.equal(state.fetches, 1)
  assert.ok(all.every((got) => got.ok && got.value === 'token-1'))
})

test('tokens: a token is renewed before it ends, and nobody waits for that', async () => {
  const { state, cache } = lab()
  await cache.get()
  state.nowMs += hourMs - 5 * 60_000
  await cache.get()
  assert.equal(state.fetches, 1)
  state.nowMs += 2 * 60_000
  assert.deepEqual(await cache.get(), ok('token-1'))
  assert.equal(state.fetches, 2)
  await setImmediate()
  assert.deepEqual(await cache.get(), ok('token-2'))
})

test('tokens: one that has ended is waited for', async () => {
  const { state, cache } = lab()
  await cache.get()
  state.nowMs += hourMs
  assert.deepEqual(await cache.get(), ok('token-2'))
})

test('tokens: a renewal that fails leaves the valid token in use and is tried again after a pause', async () => {
  const { state, cache } = lab()
  await cache.get()
  state.fails = true
  state.nowMs += hourMs - 3 * 60_000
  for (let times = 0; times < 5; times++) {
    assert.deepEqual(await cache.get(), ok('token-1'))
    await setImmediate()
  }
  assert.equal(state.fetches, 2)
  await setImmediate()
  state.nowMs += 11_000
  await cache.get()
  assert.equal(state.fetches, 3)
})

test('tokens: a failure is told and not kept', async () => {
  const { state, cache } = lab()
  state.fails = true
  const failed = await cache.get()
  assert.equal(failed.ok === false && failed.error.kind, 'auth')
  state.fails = false
  assert.deepEqual(await cache.get(), ok('token-2'))
})

test('tokens: what a provider refused is not used again', async () => {
  const { cache } = lab()
  await cache.get()
  cache.forget()
  assert.deepEqual(await cache.get(), ok('token-2'))
})

test('tokens: what never ends is fetched once', async () => {
  const { state, cache } = lab(Number.POSITIVE_INFINITY)
  await cache.get()
  state.nowMs += 1000 * hourMs
  assert.deepEqual(await cache.get(), ok('token-1'))
})
