import assert from 'node:assert/strict'
import { test } from 'node:test'
import { moreThanOff } from './telemetry-compare.ts'
import { readTurns, type Turn, writeTurn } from './telemetry-steps.ts'

/** Turns of a relay that becomes slower all the time, and takes so many times as much while its log is on. */
function slowingRelay(times: number): readonly Turn[] {
  return Array.from({ length: 101 }, (_, place) => {
    const isOff = place % 2 === 0
    return { step: isOff ? 'off' : '+ log', cpuMicroseconds: 1000 * (50 + place) * (isOff ? 1 : times), requests: 1000 }
  })
}

test('telemetry bench: a step is compared with what is around it', () => {
  const { mean, median, count } = moreThanOff('+ log', [slowingRelay(1.1), slowingRelay(1.1)])
  assert.ok(Math.abs(mean - 9.5) < 0.1 && Math.abs(median - 9.5) < 0.1, `${mean} ${median}`)
  assert.equal(count, 100)
  assert.ok(Math.abs(moreThanOff('+ log', [slowingRelay(1)]).mean) < 0.1)
})

test('telemetry bench: turns without load are not compared', () => {
  const [first, second, third] = slowingRelay(1.1)
  assert.ok(first && second && third)
  assert.equal(moreThanOff('+ log', [[first, second, { ...third, requests: 3 }]]).count, 0)
})

test('telemetry bench: turns are read as they were written', () => {
  const turns = slowingRelay(1.1)
  assert.deepEqual(readTurns(turns.map(writeTurn).join('')), turns)
})
