import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzzHttp } from './http.ts'

test('1000 broken calls to a relay whose provider answers broken answers: each gets an answer or an error in its form', async () => {
  assert.deepEqual(await fuzzHttp(1000, 1), [])
})
