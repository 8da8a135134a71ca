import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeries } from './series.ts'

const ok = (durationMs: number): { readonly failed: boolean; readonly durationMs: number } => ({ failed: false, durationMs })
const bad = { failed: true, durationMs: 5 }

test('series: counts the last slots, the one under way among them', () => {
  const series = createSeries(1000, 6)
  series.add(100, ok(10))
  series.add(1500, bad)
  series.add(1900, ok(30))
  assert.deepEqual(series.last(1950, 1), { attempts: 2, failed: 1 })
  assert.deepEqual(series.last(1950, 2), { attempts: 3, failed: 1 })
})

test('series: what is older than the stretch is forgotten', () => {
  const series = createSeries(1000, 3)
  series.add(0, ok(10))
  assert.equal(series.last(2999, 3).attempts, 1)
  assert.equal(series.last(3000, 3).attempts, 0)
  series.add(1_000_000, ok(10))
  assert.equal(series.last(1_000_000, 3).attempts, 1)
})

test('series: points are oldest first, their mean is of answers alone', () => {
  const series = createSeries(1000, 6)
  series.add(500, ok(10))
  series.add(1500, ok(30))
  series.add(2500, bad)
  assert.deepEqual(series.points(5500, 2), [
    { attempts: 2, failed: 0, meanMs: 20 },
    { attempts: 1, failed: 1, meanMs: undefined },
    { attempts: 0, failed: 0, meanMs: undefined },
  ])
})
