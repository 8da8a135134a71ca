import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '#lib/clock.ts'
import { createFakeClock } from '#lib/fake-clock.ts'
import { type AttemptLimits, type Expired, type Watch, watchAttempt } from './deadline.ts'

function watching(limits: AttemptLimits): {
  readonly watch: Watch
  readonly advance: (ms: number) => void
  readonly told: () => readonly (readonly [Expired, number])[]
} {
  const clock = createFakeClock()
  const told: (readonly [Expired, number])[] = []
  const watch = watchAttempt(clock, limits, (what) => told.push([what, clock.now()]))
  return { watch, advance: clock.advance, told: () => told }
}

const stream = { firstTokenMs: 100, idleMs: 200, totalMs: 1000 }

test('deadline: a stream without a sign of life ends after its first token limit', () => {
  const { advance, told } = watching(stream)
  advance(5000)
  assert.deepEqual(told(), [['first_token', 100]])
})

test('deadline: after the first sign the silence between two of them counts, and the whole in the end', () => {
  const { watch, advance, told } = watching(stream)
  for (let at = 0; at < 9; at++) {
    advance(90)
    watch.life()
  }
  advance(5000)
  assert.deepEqual(told(), [['total', 1000]])
})

test('deadline: silence does not count while the client is slow', () => {
  const { watch, advance, told } = watching(stream)
  advance(50)
  watch.life()
  watch.suspend()
  advance(800)
  assert.deepEqual(told(), [])
  watch.life()
  advance(5000)
  assert.deepEqual(told(), [['total', 1000]])
})

test('deadline: a whole answer may be silent until it begins, and not in its middle', () => {
  const { watch, advance, told } = watching({ idleMs: 200, totalMs: 1000 })
  advance(700)
  watch.life()
  advance(5000)
  assert.deepEqual(told(), [['idle', 900]])
})

test('deadline: what was stopped tells nothing', () => {
  const { watch, advance, told } = watching(stream)
  watch.stop()
  advance(5000)
  assert.deepEqual(told(), [])
})

test('deadline: a process that wakes late reads what came meanwhile before it calls anybody silent', () => {
  const inner = createFakeClock()
  let lagMs = 400
  const clock: Clock = { ...inner, after: (ms, call) => inner.after(ms + lagMs, call) }
  const told: (readonly [Expired, number])[] = []
  const watch = watchAttempt(clock, stream, (what) => told.push([what, inner.now()]))
  inner.advance(501)
  assert.deepEqual(told, [], 'late, and nothing has been read yet')
  watch.life()
  inner.advance(100)
  assert.deepEqual(told, [])
  // And it ends if nothing was there to read.
  lagMs = 0
  inner.advance(1000)
  assert.equal(told.length, 1)
})

test('deadline: a process that always wakes late gives one moment more, not one after another', () => {
  const inner = createFakeClock()
  const clock: Clock = { ...inner, after: (ms, call) => inner.after(ms + 400, call) }
  const told: (readonly [Expired, number])[] = []
  watchAttempt(clock, stream, (what) => told.push([what, inner.now()]))
  inner.advance(3000)
  assert.deepEqual(told, [['first_token', 920]])
})
