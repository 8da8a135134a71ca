import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isWithin, parseTimeWindow } from './time-window.ts'

const cases: readonly (readonly [window: string, moment: string, within: boolean])[] = [
  ['09:00-17:00', '2026-01-05T09:00:00Z', true],
  ['09:00-17:00', '2026-01-05T16:59:59Z', true],
  ['09:00-17:00', '2026-01-05T17:00:00Z', false],
  ['22:00-06:00', '2026-01-05T23:00:00Z', true],
  ['22:00-06:00', '2026-01-05T05:59:00Z', true],
  ['22:00-06:00', '2026-01-05T06:00:00Z', false],
  ['22:00-24:00', '2026-01-05T23:59:00Z', true],
  ['22:00-24:00', '2026-01-05T00:00:00Z', false],
  ['00:00-00:00', '2026-01-05T12:00:00Z', true],
  // An hour before UTC in winter, two in summer.
  ['22:00-06:00 Europe/Berlin', '2026-01-05T21:00:00Z', true],
  ['22:00-06:00 Europe/Berlin', '2026-01-05T20:59:00Z', false],
  ['22:00-06:00 Europe/Berlin', '2026-07-05T20:00:00Z', true],
  ['08:00-09:00 Asia/Kolkata', '2026-01-05T02:30:00Z', true],
  ['08:00-09:00 Asia/Kolkata', '2026-01-05T03:30:00Z', false],
]

for (const [text, moment, within] of cases) {
  test(`time window: ${moment} is ${within ? '' : 'not '}in ${text}`, () => {
    const window = parseTimeWindow(text)
    assert.ok(window)
    assert.equal(isWithin(window, Date.parse(moment)), within)
  })
}

for (const text of ['22:00', '25:00-06:00', '22:00-06:60', '22-6', '22:00-06:00 Nowhere/Here', '22:00-06:00 ', ' 22:00-06:00']) {
  test(`time window: ${JSON.stringify(text)} is none`, () => assert.equal(parseTimeWindow(text), undefined))
}
