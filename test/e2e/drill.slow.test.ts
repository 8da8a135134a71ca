import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { drillFaults } from '#drill/faults.ts'
import { drillOf } from '../support/drill-process.ts'

const root = join(import.meta.dirname, '../..')

test('drill: three targets of three families stand every fault', async (t) => {
  const { code, results, output } = await drillOf(join(root, 'configs/fallback.yaml'), ['--route', 'smart'])
  assert.equal(code, 0, output)
  // `[DONE]` is a word of OpenAI Chat only, which the first target does not speak.
  const drilled = new Set(results.map(({ fault }) => fault))
  assert.deepEqual(
    drillFaults.map(({ name }) => name).filter((name) => !drilled.has(name)),
    ['no_done'],
  )
  t.diagnostic(`${results.length} requests`)
})

test('drill: a client that does not say how long it waits is not kept waiting by a silent provider either', async () => {
  const { code, results } = await drillOf(join(root, 'configs/sidecar.yaml'), ['--untold', '--fault', 'silent_before'])
  assert.equal(code, 0)
  assert.equal(results.find(({ fault, form }) => fault === 'silent_before' && form === 'whole')?.verdict, 'rescued')
})
