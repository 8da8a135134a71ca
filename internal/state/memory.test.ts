import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryStore } from './memory.ts'
import type { Store, Take } from './store.ts'

const minute = 60_000

function storeAt(startMs: number): { readonly store: Store; readonly pass: (ms: number) => void } {
  let now = startMs
  return { store: createMemoryStore(() => now), pass: (ms) => (now += ms) }
}

const rate = (amount: number, limit: number): Take => ({ kind: 'rate', key: 'r', amount, limit, windowMs: minute })

async function takes(store: Store, take: Take): Promise<boolean> {
  return (await store.take([take])).ok
}

test('a rate: so many within any minute, also over the edge between two', async () => {
  const { store, pass } = storeAt(10 * minute)
  for (let count = 0; count < 10; count++) assert.equal(await takes(store, rate(1, 10)), true)
  assert.equal(await takes(store, rate(1, 10)), false)
  // The minute before still counts for the half of it that lies within the last sixty seconds.
  pass(1.5 * minute)
  let let_in = 0
  while (await takes(store, rate(1, 10))) let_in++
  assert.equal(let_in, 5)
})

test('a rate that is refused says when there will be room, and then there is', async () => {
  for (const amount of [1, 4, 10]) {
    const { store, pass } = storeAt(7 * minute + 20_000)
    await takes(store, rate(10, 10))
    const refused = await store.take([rate(amount, 10)])
    assert.ok(!refused.ok && refused.retryAfterMs !== undefined)
    pass(refused.retryAfterMs + 1)
    assert.equal(await takes(store, rate(amount, 10)), true, `${amount} after ${refused.retryAfterMs} ms`)
  }
})

test('all or nothing: what is over one limit takes nothing of the others', async () => {
  const { store } = storeAt(0)
  const sum: Take = { kind: 'sum', key: 's', amount: 6, limit: 10, ttlMs: minute }
  assert.deepEqual(await store.take([rate(1, 5), sum]), { ok: true, used: [1, 6] })
  assert.deepEqual(await store.take([rate(1, 5), sum]), { ok: false, refused: 1, used: 6, retryAfterMs: undefined })
  assert.deepEqual(await store.take([rate(1, 5)]), { ok: true, used: [2] })
})

test('a sum is put right, never falls below nothing, and begins anew when its time is over', async () => {
  const { store, pass } = storeAt(0)
  const sum = (amount: number): Take => ({ kind: 'sum', key: 's', amount, limit: 10, ttlMs: minute })
  await takes(store, sum(8))
  store.give([{ kind: 'sum', key: 's', amount: -5, ttlMs: minute }])
  assert.equal(await takes(store, sum(7)), true)
  assert.equal(await takes(store, sum(1)), false)
  store.give([{ kind: 'sum', key: 's', amount: -50, ttlMs: minute }])
  assert.deepEqual(await store.take([sum(1)]), { ok: true, used: [1] })
  pass(minute)
  assert.equal(await takes(store, sum(10)), true)
})

test('a place is given back, or lost after its time', async () => {
  const { store, pass } = storeAt(0)
  const place = (id: string): Take => ({ kind: 'place', key: 'p', id, limit: 1, ttlMs: minute })
  assert.equal(await takes(store, place('a')), true)
  assert.equal(await takes(store, place('b')), false)
  store.give([{ kind: 'place', key: 'p', id: 'a' }])
  assert.equal(await takes(store, place('b')), true)
  pass(minute)
  assert.equal(await takes(store, place('c')), true)
})
