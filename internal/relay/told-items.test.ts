import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createToldItems } from './told-items.ts'

test('items are found by the client they were told to, until they are too old', () => {
  let nowMs = 0
  const items = createToldItems(() => nowMs, { maxBytes: 1000, ttlMs: 10 })
  const item = { type: 'message', id: 'msg_1' }
  items.remember('ann', 'msg_1', item)
  assert.equal(items.find('ann', 'msg_1'), item)
  assert.equal(items.find('bob', 'msg_1'), undefined)
  assert.equal(items.find('', 'msg_1'), undefined)
  nowMs = 9
  assert.equal(items.find('ann', 'msg_1'), item)
  // Named again, it lives on from there.
  nowMs = 18
  assert.equal(items.find('ann', 'msg_1'), item)
  nowMs = 29
  assert.equal(items.find('ann', 'msg_1'), undefined)
})

test('what is kept has a size', () => {
  const items = createToldItems(() => 0, { maxBytes: 1600, ttlMs: 10 })
  for (let number = 0; number < 100; number++) items.remember('ann', `msg_${number}`, { text: 'x'.repeat(60) })
  assert.equal(items.find('ann', 'msg_0'), undefined)
  assert.deepEqual(items.find('ann', 'msg_99'), { text: 'x'.repeat(60) })
})
