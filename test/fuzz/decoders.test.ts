import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz, tellBroken } from './run.ts'

const inputs = 3000

// The same inputs each time; the slow test and OUTRIGGER_FUZZ_SEED try others.
test(`${inputs} broken requests, answers and streams: nothing throws, and each gives what its type says`, () => {
  assert.deepEqual(fuzz(inputs, 1).map(tellBroken), [])
})
