import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlertNotice } from '#health/alert-board.ts'
import { createGroupAlerts, newsOf } from './group-alerts.ts'

function news(status: AlertNotice['status'], target = 'a/one') {
  return newsOf({ key: `breaker_open ${target}`, alert: 'breaker_open', target, text: 'x', webhooks: [], status, atMs: 5 })
}
const began = news('firing')
const ended = news('resolved')

test('an alert that several workers see is told by the first, and its end by the last', () => {
  const alerts = createGroupAlerts(() => 0)
  assert.deepEqual([alerts.isTold(1, began), alerts.isTold(2, began)], [true, false])
  assert.equal(alerts.isTold(3, news('firing', 'b/two')), true)
  assert.deepEqual([alerts.isTold(1, ended), alerts.isTold(2, ended)], [false, true])
  assert.equal(alerts.isTold(2, began), true)
})

test('what a worker saw that is gone does not keep an alert from ending', () => {
  const alerts = createGroupAlerts(() => 0)
  alerts.isTold(1, began)
  alerts.isTold(2, began)
  alerts.left(1)
  assert.deepEqual(alerts.adoptedBy(2), [])
  assert.equal(alerts.isTold(2, ended), true)
})

test('an alert that only a worker saw that is gone is another one’s, which tells its end and not its beginning', () => {
  let nowMs = 0
  const alerts = createGroupAlerts(() => nowMs)
  alerts.isTold(1, began)
  alerts.left(1)
  nowMs = 7000
  assert.equal(alerts.isTold(3, ended), false, 'it does not know of it')
  assert.deepEqual(alerts.adoptedBy(2), [{ notice: began.notice, forMs: 7000 }])
  assert.deepEqual(alerts.adoptedBy(3), [], 'one is enough')
  assert.equal(alerts.isTold(3, began), false, 'people know of it')
  assert.deepEqual([alerts.isTold(2, ended), alerts.isTold(3, ended)], [false, true])
})
