import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz, tellBroken } from './run.ts'

const inputs = Number(process.env['OUTRIGGER_FUZZ_INPUTS'] ?? '100000')
// The same ones each time, so that a change that breaks nothing cannot fail; `make fuzz` tries new ones.
const firstSeed = Number(process.env['OUTRIGGER_FUZZ_SEED'] ?? '501744211')

test(`${inputs} broken requests, answers and streams from seed ${firstSeed} on`, () => {
  assert.deepEqual(fuzz(inputs, firstSeed).map(tellBroken), [])
})
