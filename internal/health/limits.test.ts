import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KeyLimit, type LimitInput, learn, shareOfLimit, unlimited } from './limits.ts'

type Step = readonly [input: Omit<LimitInput, 'startedMs'> & { readonly startedMs?: number }, atMs: number]

const ok = (atMs: number, hints: LimitInput['hints'] = {}, startedMs = atMs): Step => [{ result: 'ok', hints, startedMs }, atMs]
const limited = (atMs: number, failure?: LimitInput['failure'], startedMs = atMs): Step => [
  { result: 'limited', failure, hints: {}, startedMs },
  atMs,
]

function run(steps: readonly Step[]): KeyLimit {
  return steps.reduce<KeyLimit>((limit, [input, atMs]) => learn(limit, { startedMs: atMs, ...input }, atMs), unlimited)
}

const rests: readonly { name: string; steps: readonly Step[]; untilMs: number }[] = [
  { name: 'a refusal rests for as long as it asks', steps: [limited(100, { retryAfterMs: 20_000 })], untilMs: 20_100 },
  {
    name: 'a second refusal does not shorten the first',
    steps: [limited(0, { retryAfterMs: 20_000 }), limited(1000, { retryAfterMs: 2000 })],
    untilMs: 20_000,
  },
  { name: 'hours are looked at again after a quarter of one', steps: [limited(0, { retryAfterMs: 1e8 })], untilMs: 900_000 },
  { name: 'without a word it rests a second', steps: [limited(0)], untilMs: 1000 },
  { name: 'a word of 0 is none', steps: [limited(0, { retryAfterMs: 0 })], untilMs: 1000 },
  { name: 'and twice as long each time', steps: [limited(0), limited(1000), limited(3000)], untilMs: 7000 },
  { name: 'up to a minute', steps: Array.from({ length: 20 }, (_, index) => limited(index * 100_000)), untilMs: 1_960_000 },
  {
    name: 'many refusals of one moment count once',
    steps: [limited(100), limited(101, undefined, 50), limited(102, undefined, 60)],
    untilMs: 1100,
  },
  { name: 'an answer ends it', steps: [limited(0), limited(1000), ok(3000), limited(4000)], untilMs: 5000 },
  { name: 'an answer to an earlier request does not', steps: [limited(100), ok(200, {}, 50)], untilMs: 1100 },
  {
    name: 'a request that can never pass rests nothing',
    steps: [limited(0, { permanent: true }), limited(1, { permanent: true })],
    untilMs: 0,
  },
  { name: 'three of them rest long', steps: [0, 1, 2].map((atMs) => limited(atMs, { permanent: true })), untilMs: 300_002 },
  { name: 'nothing left: it rests until the limit is full', steps: [ok(10, { headroom: 0, resetMs: 5000 })], untilMs: 5010 },
  { name: 'nothing left for hours: a minute', steps: [ok(0, { headroom: 0, resetMs: 1e7 })], untilMs: 60_000 },
  { name: 'nothing left for nobody knows how long: no rest', steps: [ok(0, { headroom: 0 })], untilMs: 0 },
]

for (const { name, steps, untilMs } of rests) test(`limits: ${name}`, () => assert.equal(run(steps).restUntilMs, untilMs))

const shares: readonly { name: string; steps: readonly Step[]; atMs: number; share: number }[] = [
  { name: 'all while nothing is known', steps: [], atMs: 0, share: 1 },
  { name: 'nothing during a rest', steps: [limited(0)], atMs: 999, share: 0 },
  { name: 'all after it', steps: [limited(0)], atMs: 1000, share: 1 },
  { name: 'all while there is room', steps: [ok(0, { headroom: 0.1, resetMs: 5000 })], atMs: 1, share: 1 },
  { name: 'half when the last tenth is half used', steps: [ok(0, { headroom: 0.05, resetMs: 5000 })], atMs: 1, share: 0.5 },
  { name: 'a tenth near the end', steps: [ok(0, { headroom: 0.001, resetMs: 5000 })], atMs: 1, share: 0.1 },
  { name: 'all when the limit is full again', steps: [ok(0, { headroom: 0.05, resetMs: 5000 })], atMs: 5000, share: 1 },
]

for (const { name, steps, atMs, share } of shares) {
  test(`limits: the share is ${name}`, () => assert.equal(shareOfLimit(run(steps), atMs), share))
}
