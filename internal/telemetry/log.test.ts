import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isoNow } from './log.ts'

test('the time of a line is ISO 8601 with milliseconds, over the edge of a second too', (t) => {
  const times = [0, 7, 999, 1000, 1_760_000_000_099, 1_760_000_000_100, 1_760_000_001_000, 1_760_000_000_999]
  t.mock.timers.enable({ apis: ['Date'] })
  for (const ms of times) {
    t.mock.timers.setTime(ms)
    assert.equal(isoNow(), new Date(ms).toISOString())
  }
})
