import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textWriter } from './text-writer.ts'

test('text writer: writes what JSON.stringify writes', () => {
  const write = textWriter(JSON.stringify({ content: 'x', inner: { content: '' }, last: '"content":"' }), 'content')
  for (const text of ['', 'plain', '"\\\n\u0001', '😀', '"content":""'])
    assert.equal(write(text), JSON.stringify({ content: 'x', inner: { content: text }, last: '"content":"' }))
})

test('text writer: a field that is not there is a bug, and told', () => {
  assert.throws(() => textWriter('{"a":"b"}', 'text'), /there is no empty text/)
})
