import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGroupAlerts } from './group-alerts.ts'

const began = { key: 'a', status: 'firing' } as const
const ended = { key: 'a', status: 'resolved' } as const

test('an alert that several workers see is told by the first, and its end by the last', () => {
  const alerts = createGroupAlerts()
  assert.deepEqual([alerts.isTold(1, began), alerts.isTold(2, began)], [true, false])
  assert.equal(alerts.isTold(3, { ...began, key: 'b' }), true)
  assert.deepEqual([alerts.isTold(1, ended), alerts.isTold(2, ended)], [false, true])
  assert.equal(alerts.isTold(2, began), true)
})

test('what a worker saw that is gone does not keep an alert silent', () => {
  const alerts = createGroupAlerts()
  assert.equal(alerts.isTold(1, began), true)
  alerts.left(1)
  assert.equal(alerts.isTold(2, began), true)
  alerts.isTold(3, began)
  alerts.left(3)
  assert.equal(alerts.isTold(2, ended), true)
})
