import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSharedClock } from './shared-clock.ts'

function clockAt(startMs: number): {
  readonly clock: ReturnType<typeof createSharedClock>
  readonly set: (ms: number) => void
} {
  let ownMs = startMs
  return { clock: createSharedClock(() => ownMs), set: (ms) => (ownMs = ms) }
}

test('our own clock before the server told its time, the server\u2019s afterwards', () => {
  const { clock } = clockAt(1_000_000)
  assert.equal(clock.nowMs(), 1_000_000)
  clock.learn(4_600_000, 10)
  assert.equal(clock.nowMs(), 4_600_005)
})

test('of two answers the quicker one counts', () => {
  const { clock, set } = clockAt(0)
  clock.learn(1000, 4)
  clock.learn(960, 100)
  assert.equal(clock.nowMs(), 1002)
  set(31_000)
  // By now the clocks may have drifted apart: any answer is better than an old one.
  clock.learn(31_990, 60)
  assert.equal(clock.nowMs(), 32_020)
})

test('a clock that was put right is seen with the next answer', () => {
  const { clock, set } = clockAt(0)
  clock.learn(0, 2)
  set(3_600_000)
  clock.learn(50, 8)
  assert.equal(clock.nowMs(), 54)
})
