import assert from 'node:assert/strict'
import { beforeEach, mock, test } from 'node:test'
import { type Clock, createClock } from './clock.ts'

let monotonicMs = 0
let clock: Clock
const fired: string[] = []

/** Time passes and Node's timers run. */
function run(ms: number): void {
  for (let passed = 0; passed < ms; passed++) {
    monotonicMs++
    mock.timers.tick(1)
  }
}

beforeEach(() => {
  mock.timers.reset()
  mock.timers.enable({ apis: ['setTimeout'] })
  monotonicMs = 5
  fired.length = 0
  clock = createClock(() => monotonicMs)
})

test('clock: a timer fires once, never early and at most a tick late', () => {
  for (const ms of [0, 1, 9, 10, 11, 500, 5119, 5120, 5121, 12_345]) {
    const startMs = clock.now()
    let firedMs: number | undefined
    clock.after(ms, () => {
      assert.equal(firedMs, undefined)
      firedMs = clock.now()
    })
    run(ms + 25)
    assert.ok(firedMs !== undefined, `${ms} ms: did not fire`)
    assert.ok(firedMs - startMs >= ms && firedMs - startMs <= ms + 20, `${ms} ms: fired after ${firedMs - startMs}`)
  }
})

test('clock: timers fire in the order of their time, whatever the order in which they were set', () => {
  for (const ms of [300, 20, 6000, 150]) clock.after(ms, () => fired.push(String(ms)))
  run(7000)
  assert.deepEqual(fired, ['20', '150', '300', '6000'])
})

test('clock: a timer that was taken back does not fire, also when another that is due at once takes it back', () => {
  clock.after(50, () => fired.push('kept'))()
  const cancels: (() => void)[] = []
  clock.after(100, () => {
    fired.push('first')
    for (const cancel of cancels) cancel()
  })
  cancels.push(clock.after(100, () => fired.push('second')))
  run(300)
  assert.deepEqual(fired, ['first'])
})

test('clock: a timer may set another', () => {
  clock.after(10, () => clock.after(10, () => fired.push('inner')))
  run(60)
  assert.deepEqual(fired, ['inner'])
})

test('clock: an infinite wait is none', () => {
  clock.after(Number.POSITIVE_INFINITY, () => fired.push('never'))()
  run(100)
  assert.deepEqual(fired, [])
})

test('clock: while the process is stopped, time stands still', () => {
  clock.after(200, () => fired.push('soon'))
  clock.after(20_000, () => fired.push('silent'))
  const beforeMs = clock.now()
  monotonicMs += 60_000
  assert.ok(clock.now() - beforeMs <= 210, `${clock.now() - beforeMs} ms passed`)
  run(250)
  assert.deepEqual(fired, ['soon'])
  run(20_000)
  assert.deepEqual(fired, ['soon', 'silent'])
})

test('clock: time never runs backwards', () => {
  clock.after(10, () => {})
  let lastMs = clock.now()
  for (let step = 0; step < 50; step++) {
    monotonicMs += 137
    assert.ok(clock.now() >= lastMs)
    lastMs = clock.now()
  }
})

test('clock: a wait of months does not overflow', () => {
  clock.after(100 * 86_400_000, () => fired.push('too early'))
  run(100)
  assert.deepEqual(fired, [])
})
