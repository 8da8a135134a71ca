import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Period, periodAt } from './limits.ts'

const cases: readonly [Period, string, string, number][] = [
  ['hour', '2026-11-24T10:59:59.000Z', 'hour:2026-11-24T10', 1000],
  ['day', '2026-11-24T00:00:00.000Z', 'day:2026-11-24', 86_400_000],
  ['week', '2026-11-29T23:59:00.000Z', 'week:2026-11-23', 60_000],
  ['week', '2026-11-23T00:00:00.000Z', 'week:2026-11-23', 7 * 86_400_000],
  ['month', '2026-12-31T23:59:59.999Z', 'month:2026-12-01', 1],
]
for (const [per, at, name, ttlMs] of cases) {
  test(`${at} lies in ${name}`, () => assert.deepEqual(periodAt(per, Date.parse(at)), { name, ttlMs }))
}
