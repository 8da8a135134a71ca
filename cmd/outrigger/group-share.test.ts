import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partOf } from './group-share.ts'

test('the parts of a group add up to the whole, and differ by one at most', () => {
  for (const total of [0, 1, 2, 3, 7, 100, 2000]) {
    for (const processes of [1, 2, 3, 4, 7, 256]) {
      const parts = Array.from({ length: processes }, (_, index) => partOf(total, { index, of: processes }))
      assert.equal(
        parts.reduce((sum, part) => sum + part, 0),
        total,
      )
      assert.ok(Math.max(...parts) - Math.min(...parts) <= 1)
    }
  }
})
