import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock, type FakeClock } from '#lib/fake-clock.ts'
import { createProber, type ProbeResult, type Prober } from './prober.ts'

type Lab = {
  readonly clock: FakeClock
  readonly prober: Prober
  /** When each probe began. */
  readonly probes: [provider: string, atMs: number][]
  readonly results: [ok: boolean, recovered: boolean][]
  /** Those of other processes. */
  readonly heard: [ok: boolean, recovered: boolean][]
  /** Ends the oldest probe under way. */
  readonly answer: (result: ProbeResult | Error) => Promise<void>
  troubled: boolean
  answeredMs: number | undefined
}

const good: ProbeResult = { ok: true, durationMs: 1 }
const bad: ProbeResult = { ok: false, durationMs: 1, reason: 'refused' }

/** Chance is always in the middle: no jitter. */
function labOf(): Lab {
  const clock = createFakeClock()
  const waiting: PromiseWithResolvers<ProbeResult>[] = []
  const lab: Lab = {
    clock,
    probes: [],
    results: [],
    heard: [],
    troubled: false,
    answeredMs: undefined,
    async answer(result) {
      const oldest = waiting.shift()
      if (result instanceof Error) oldest?.reject(result)
      else oldest?.resolve(result)
      await new Promise(setImmediate)
    },
    prober: createProber({
      clock,
      random: () => 0.5,
      probe(provider) {
        lab.probes.push([provider, clock.now()])
        const deferred = Promise.withResolvers<ProbeResult>()
        waiting.push(deferred)
        return deferred.promise
      },
      isTroubled: () => lab.troubled,
      lastAnswerMs: () => lab.answeredMs,
      onResult: (_provider, { ok }, { recovered, heard }) => (heard ? lab.heard : lab.results).push([ok, recovered]),
    }),
  }
  return lab
}

const watched = new Map([['a', 30_000]])

test('prober: it asks soon, then at its interval after each answer, never twice at a time', async () => {
  const lab = labOf()
  lab.prober.watch(watched)
  lab.clock.advance(200_000)
  assert.deepEqual(lab.probes, [['a', 5000]])
  await lab.answer(good)
  lab.clock.advance(29_999)
  assert.equal(lab.probes.length, 1)
  lab.clock.advance(1)
  assert.deepEqual(lab.probes.at(-1), ['a', 230_000])
})

test('prober: it says when a provider has recovered', async () => {
  const lab = labOf()
  lab.prober.watch(watched)
  for (const result of [good, bad, new Error('no route'), good, good]) {
    lab.clock.advance(30_000)
    await lab.answer(result)
  }
  assert.deepEqual(lab.results, [
    [true, false],
    [false, false],
    [false, false],
    [true, true],
    [true, false],
  ])
})

test('prober: it does not ask a provider that has just answered, unless it is in trouble', async () => {
  const lab = labOf()
  lab.answeredMs = 0
  lab.prober.watch(watched)
  lab.clock.advance(20_000)
  assert.equal(lab.probes.length, 0)
  lab.troubled = true
  lab.prober.hasten('a')
  lab.clock.advance(10_000)
  assert.deepEqual(lab.probes, [['a', 30_000]])
})

test('prober: a provider in trouble is asked three times as often', async () => {
  const lab = labOf()
  lab.troubled = true
  lab.prober.watch(watched)
  for (let count = 0; count < 3; count++) {
    lab.clock.advance(10_000)
    await lab.answer(bad)
  }
  assert.equal(lab.probes.length, 3)
})

test('prober: what is no longer watched is left alone, also when its answer comes late', async () => {
  const lab = labOf()
  lab.prober.watch(
    new Map([
      ['a', 30_000],
      ['b', 60_000],
    ]),
  )
  lab.clock.advance(5000)
  lab.prober.watch(new Map([['b', 30_000]]))
  await lab.answer(good)
  lab.clock.advance(5000)
  assert.deepEqual(lab.results, [])
  assert.deepEqual(lab.probes, [
    ['a', 5000],
    ['b', 10_000],
  ])
  await lab.answer(good)
  lab.clock.advance(30_000)
  assert.deepEqual(lab.probes.at(-1), ['b', 40_000])
  lab.prober.stop()
  await lab.answer(good)
  lab.clock.advance(100_000)
  assert.equal(lab.probes.length, 3)
  assert.equal(lab.clock.pending(), 0)
})

test('prober: a probe of another process counts as its own', async () => {
  const lab = labOf()
  lab.prober.watch(watched)
  lab.clock.advance(4000)
  lab.prober.hear('a', bad)
  lab.prober.hear('unknown', bad)
  lab.clock.advance(9999)
  assert.deepEqual(lab.probes, [], 'a failed one is repeated after a third of the interval')
  lab.prober.hear('a', good)
  assert.deepEqual(lab.heard, [
    [false, false],
    [true, true],
  ])
  lab.clock.advance(29_999)
  assert.deepEqual(lab.probes, [])
  lab.clock.advance(1)
  assert.equal(lab.probes.length, 1)
  lab.prober.hear('a', good)
  lab.clock.advance(100_000)
  assert.equal(lab.probes.length, 1, 'its own is under way')
  await lab.answer(good)
  assert.deepEqual(lab.results, [[true, false]])
  lab.prober.stop()
  assert.equal(lab.clock.pending(), 0)
})
