import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Histogram, Registry } from 'prom-client'
import { createHistogram } from './histogram.ts'

const buckets = [0.005, 0.1, 1, 2.5, 600]
const about = { name: 'duration_seconds', help: 'How long.', buckets }
const collect = (): void => {}

/** But for exemplars, which nobody has. */
async function written(registry: Registry): Promise<readonly unknown[]> {
  const json = JSON.stringify(await registry.getMetricsAsJSON(), (key, value: unknown) =>
    key === 'exemplar' ? undefined : value,
  )
  return [await registry.metrics(), JSON.parse(json)]
}

const value = fc.oneof(fc.constantFrom(0, ...buckets), fc.double({ min: 0, max: 1000, noNaN: true }))
const label = fc.constantFrom('', 'ok', 'failed', 'a"b\\c\nd')

test('histogram: it is written as that of prom-client, in text and as JSON', async () => {
  const observed = fc.array(fc.tuple(fc.record({ route: label, outcome: label }), value))
  await fc.assert(
    fc.asyncProperty(observed, async (all) => {
      const [ours, theirs] = [new Registry(), new Registry()]
      const labelNames = ['route', 'outcome'] as const
      const quick = createHistogram({ ...about, labelNames, registry: ours, collect })
      const usual = new Histogram({ ...about, labelNames: [...labelNames], registers: [theirs] })
      for (const [labels, seconds] of all) {
        quick.observe(labels, seconds)
        usual.observe(labels, seconds)
      }
      assert.deepEqual(await written(ours), await written(theirs))
    }),
  )
})

test('histogram: one without labels is there before anything is counted', async () => {
  const [ours, theirs] = [new Registry(), new Registry()]
  const quick = createHistogram({ ...about, labelNames: [], registry: ours, collect })
  const usual = new Histogram({ ...about, registers: [theirs] })
  assert.deepEqual(await written(ours), await written(theirs))
  for (const seconds of [0.1, 7, 1000]) {
    quick.observe({}, seconds)
    usual.observe(seconds)
  }
  assert.deepEqual(await written(ours), await written(theirs))
})

test('histogram: what is still to be counted is asked for before it is read', async () => {
  const registry = new Registry()
  const quick = createHistogram({ ...about, labelNames: [], registry, collect: () => quick.observe({}, 1) })
  assert.match(await registry.metrics(), /^duration_seconds_count 1$/m)
})
