import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reasonOf } from './reason.ts'

test('an error is told with what caused it, in one line', () => {
  const inner = new Error('connect ECONNREFUSED 127.0.0.1:1')
  assert.equal(reasonOf(new TypeError('fetch failed', { cause: inner })), 'fetch failed: connect ECONNREFUSED 127.0.0.1:1')
  assert.equal(reasonOf(new DOMException('aborted due to timeout', 'TimeoutError')), 'aborted due to timeout')
  assert.equal(reasonOf(new RangeError()), 'RangeError')
  assert.equal(reasonOf('text'), 'text')
})
