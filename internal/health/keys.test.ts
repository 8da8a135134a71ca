import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKeyPool, type KeyPool } from './keys.ts'

const any = (): boolean => true

function picks(pool: KeyPool, count: number, nowMs = 0): (number | undefined)[] {
  return Array.from({ length: count }, () => pool.pick(nowMs, any, any))
}

test('keys: they take turns', () => {
  assert.deepEqual(picks(createKeyPool(3), 7), [0, 1, 2, 0, 1, 2, 0])
})

test('keys: a provider without keys has one', () => {
  assert.deepEqual(picks(createKeyPool(0), 2), [0, 0])
})

test('keys: a refused key rests, longer each time, and is used again', () => {
  const pool = createKeyPool(2)
  pool.refuse(0, 'auth', 0)
  assert.deepEqual(picks(pool, 3, 299_999), [1, 1, 1])
  assert.equal(pool.restsUntilMs(0), 300_000)
  assert.deepEqual(picks(pool, 2, 300_000), [0, 1])
  pool.refuse(0, 'auth', 300_000)
  assert.equal(pool.restsUntilMs(0), 900_000)
  for (const atMs of [900_000, 2_100_000, 4_000_000]) pool.refuse(0, 'auth', atMs)
  assert.equal(pool.restsUntilMs(0), 4_000_000 + 1_800_000)
})

test('keys: refusals of requests that were under way say nothing new', () => {
  const pool = createKeyPool(1)
  for (const atMs of [0, 1, 2]) pool.refuse(0, 'billing', atMs)
  assert.equal(pool.restsUntilMs(0), 300_000)
})

test('keys: when all rest there is none', () => {
  const pool = createKeyPool(2)
  pool.refuse(0, 'auth', 0)
  pool.refuse(1, 'billing', 1000)
  assert.deepEqual(picks(pool, 1, 2000), [undefined])
  assert.equal(pool.earliestMs(), 300_000)
})

test('keys: an answer proves any key good, a probe only one that was unknown', () => {
  const pool = createKeyPool(2)
  pool.refuse(0, 'auth', 0)
  pool.refuse(1, 'billing', 0)
  pool.proveGood(0, 'probe')
  pool.proveGood(1, 'probe')
  assert.deepEqual([pool.restsUntilMs(0), pool.restsUntilMs(1)], [0, 300_000])
  pool.proveGood(1, 'answer')
  assert.equal(pool.restsUntilMs(1), 0)
})

test('keys: those with room come first, those without are better than none', () => {
  const pool = createKeyPool(3)
  const notFirst = (index: number): boolean => index !== 0
  const onlyLast = (index: number): boolean => index === 2
  assert.deepEqual(
    Array.from({ length: 3 }, () => pool.pick(0, notFirst, onlyLast)),
    [2, 2, 2],
  )
  assert.equal(
    pool.pick(0, notFirst, () => false),
    1,
  )
  assert.equal(
    pool.pick(0, () => false, any),
    undefined,
  )
})
