import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz, tellBroken } from './run.ts'

const inputs = Number(process.env['OUTRIGGER_FUZZ_INPUTS'] ?? '100000')
// Each run tries new ones.
const firstSeed = Number(process.env['OUTRIGGER_FUZZ_SEED'] ?? String(Date.now() % 1_000_000_000))

test(`${inputs} broken requests, answers and streams from seed ${firstSeed} on`, () => {
  assert.deepEqual(fuzz(inputs, firstSeed).map(tellBroken), [])
})
