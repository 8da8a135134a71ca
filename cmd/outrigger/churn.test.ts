import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createChurnJudge } from './churn.ts'

test('collecting early is in vain when the heap is as large soon after', () => {
  const churn = createChurnJudge()
  const note = (atMs: number, heapUsed: number): boolean => {
    churn.note({ atMs, heapUsed })
    return churn.isChurning(atMs)
  }
  // It grows, with little time between.
  assert.deepEqual([note(1000, 20), note(1100, 24), note(1200, 29), note(1300, 35)], [false, false, false, false])
  // It stays as it is, with much.
  assert.equal(note(5000, 35), false)
  assert.equal(note(5200, 35), true)
  assert.equal(churn.isChurning(20_000), true)
  assert.equal(churn.isChurning(20_300), false)
})
