import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BadField, reading } from './read.ts'

test('reading: a field at fault is named', () => {
  const read = reading(() => {
    throw new BadField('messages[0].content', 'must be a string')
  })
  assert.deepEqual(read, {
    ok: false,
    error: {
      kind: 'invalid_request',
      phase: 'request',
      message: 'messages[0].content must be a string',
      param: 'messages[0].content',
    },
  })
})

test('reading: an image in a wrong place is not told back whole', () => {
  const image = 'A'.repeat(100_000)
  const read = reading(() => {
    throw new BadField(`schema.${image}`, `must be text; ${image} is not known`)
  })
  assert.ok(!read.ok)
  assert.equal(read.error.message.length, 1000)
  assert.equal(read.error.param?.length, 300)
})

test('reading: a mistake of ours is not the client’s', () => {
  assert.throws(() => reading(() => assert.fail('ours')), /ours/)
})
