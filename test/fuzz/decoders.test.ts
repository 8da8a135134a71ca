import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './run.ts'

const inputs = Number(process.env['OUTRIGGER_FUZZ_INPUTS'] ?? '3000')
const firstSeed = Number(process.env['OUTRIGGER_FUZZ_SEED'] ?? '1')

test(`${inputs} broken requests, answers and streams: no decoder or encoder throws, and each gives what its type says`, () => {
  assert.deepEqual(
    fuzz(inputs, firstSeed).map(({ seed, what, error, input }) => `seed ${seed}, ${what}: ${error}\n${input.slice(0, 2000)}`),
    [],
  )
})
