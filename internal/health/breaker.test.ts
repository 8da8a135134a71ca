import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Breaker, type BreakerConfig, type BreakerInput, closed, next, shareOf, stateName } from './breaker.ts'

const config: BreakerConfig = {
  consecutiveErrors: 3,
  errorRate: 0.5,
  minRequests: 20,
  openForMs: 30_000,
  maxOpenForMs: 300_000,
  gradual: true,
}

type Step = readonly [input: BreakerInput, atMs: number]

/** An attempt that began when it ended, with a window in which it is the only one unless told. */
function ended(
  kind: 'success' | 'error',
  atMs: number,
  more: { startedMs?: number; errors?: number; samples?: number } = {},
): Step {
  return [{ kind, startedMs: atMs, errors: kind === 'error' ? 1 : 0, samples: 1, ...more }, atMs]
}
const success = (atMs: number, more?: Parameters<typeof ended>[2]): Step => ended('success', atMs, more)
const error = (atMs: number, more?: Parameters<typeof ended>[2]): Step => ended('error', atMs, more)
const neutral = (atMs: number, startedMs = atMs): Step => [{ kind: 'neutral', startedMs }, atMs]
const time = (atMs: number): Step => [{ kind: 'time' }, atMs]
const booked = (atMs: number, untilMs: number): Step => [{ kind: 'booked', untilMs }, atMs]
const probe = (atMs: number, recovered: boolean): Step => [{ kind: 'probe_ok', recovered }, atMs]

/** Open since 2 ms, until 30,002 ms. */
const opened: readonly Step[] = [error(0), error(1), error(2)]
/** The pause is over at 30,002 ms, the trial succeeded at 31,000 ms: 5 % until 36,000, 25 % until 41,000. */
const returned: readonly Step[] = [...opened, time(30_002), success(31_000)]

function run(steps: readonly Step[], changes: Partial<BreakerConfig> = {}): Breaker {
  return steps.reduce<Breaker>((breaker, [input, atMs]) => next(breaker, input, atMs, { ...config, ...changes }), closed)
}

const cases: readonly {
  name: string
  steps: readonly Step[]
  state: Breaker['state']
  more?: Partial<Breaker>
  config?: Partial<BreakerConfig>
}[] = [
  { name: 'two errors in a row leave it closed', steps: [error(0), error(1)], state: 'closed' },
  {
    name: 'the third opens it',
    steps: opened,
    state: 'open',
    more: { untilMs: 30_002, reason: { kind: 'consecutive_errors', count: 3 } },
  },
  {
    name: 'a success between begins the count anew',
    steps: [error(0), error(1), success(2), error(3), error(4)],
    state: 'closed',
  },
  { name: 'a client mistake between does not', steps: [error(0), error(1), neutral(2), error(3)], state: 'open' },
  { name: 'client mistakes never open it', steps: [neutral(0), neutral(1), neutral(2), neutral(3)], state: 'closed' },
  {
    name: 'the error rate opens it',
    steps: [error(5, { errors: 10, samples: 20 })],
    state: 'open',
    more: { reason: { kind: 'error_rate', ratio: 0.5, requests: 20 } },
  },
  { name: 'the error rate of few requests does not', steps: [error(5, { errors: 10, samples: 19 })], state: 'closed' },
  { name: 'a lower error rate does not', steps: [error(5, { errors: 9, samples: 20 })], state: 'closed' },
  { name: 'a success at a high error rate does not', steps: [success(5, { errors: 15, samples: 20 })], state: 'closed' },
  { name: 'it stays open until its time is over', steps: [...opened, time(30_001)], state: 'open' },
  { name: 'then a trial is due', steps: [...opened, time(30_002)], state: 'trial' },
  {
    name: 'late errors of attempts that began before do not prolong it',
    steps: [...opened, error(20_000, { startedMs: 0 })],
    state: 'open',
    more: { untilMs: 30_002 },
  },
  { name: 'late successes do not end it', steps: [...opened, success(20_000, { startedMs: 1 })], state: 'open' },
  {
    name: 'an attempt that was made all the same and succeeds begins the return',
    steps: [...opened, success(20_000, { startedMs: 19_000 })],
    state: 'returning',
  },
  {
    name: 'an attempt that was made all the same and fails changes nothing',
    steps: [...opened, error(20_000)],
    state: 'open',
    more: { untilMs: 30_002 },
  },
  { name: 'a probe that recovered makes a trial due at once', steps: [...opened, probe(100, true)], state: 'trial' },
  { name: 'a probe that never failed does not', steps: [...opened, probe(7000, false)], state: 'open' },
  { name: 'but it shortens the pause to a quarter', steps: [...opened, probe(7502, false)], state: 'trial' },
  { name: 'also when it came before', steps: [...opened, probe(100, false), time(7502)], state: 'trial' },
  {
    name: 'and to 20 s at most, however long the pause has grown',
    steps: [error(0), probe(19_999, false), time(20_000)],
    state: 'trial',
    config: { consecutiveErrors: 1, openForMs: 300_000 },
  },
  {
    name: 'a trial is booked for a time',
    steps: [...opened, time(30_002), booked(30_500, 45_500)],
    state: 'trial',
    more: { bookedUntilMs: 45_500 },
  },
  {
    name: 'a trial without a verdict frees its place',
    steps: [...opened, booked(30_500, 45_500), neutral(31_000)],
    state: 'trial',
    more: { bookedUntilMs: 31_000 },
  },
  {
    name: 'late ends of attempts that began before do not free it',
    steps: [
      ...opened,
      booked(30_500, 45_500),
      neutral(31_000, 10_000),
      error(31_000, { startedMs: 10_000 }),
      success(31_000, { startedMs: 10_000 }),
    ],
    state: 'trial',
    more: { bookedUntilMs: 45_500 },
  },
  {
    name: 'a probe during a trial changes nothing',
    steps: [...opened, booked(30_500, 45_500), probe(31_000, true)],
    state: 'trial',
    more: { bookedUntilMs: 45_500 },
  },
  {
    name: 'a trial that fails opens it for twice the time',
    steps: [...opened, error(31_000)],
    state: 'open',
    more: { untilMs: 91_000, pauseMs: 60_000, reason: { kind: 'trial_failed' } },
  },
  {
    name: 'the time grows up to its limit',
    steps: [...opened, error(31_000), error(92_000), error(213_000), error(500_000), error(900_000), error(1_300_000)],
    state: 'open',
    more: { pauseMs: 300_000 },
  },
  { name: 'a trial that succeeds lets a little traffic through', steps: returned, state: 'returning', more: { step: 0 } },
  { name: 'the return goes on with time', steps: [...returned, time(36_000)], state: 'returning', more: { step: 1 } },
  { name: 'the return ends', steps: [...returned, time(41_000)], state: 'closed' },
  { name: 'the return ends also when nothing happened in between', steps: [...returned, success(3_600_000)], state: 'closed' },
  {
    name: 'errors that come back end the return',
    steps: [...returned, error(36_500, { errors: 1, samples: 2 })],
    state: 'open',
    more: { pauseMs: 60_000, reason: { kind: 'return_aborted', share: 0.25 } },
  },
  {
    name: 'a single error among many does not',
    steps: [...returned, error(36_500, { errors: 1, samples: 50 })],
    state: 'returning',
  },
  {
    name: 'several in a row do',
    steps: [...returned, ...[1, 2, 3].map((count) => error(36_500, { errors: count, samples: 50 }))],
    state: 'open',
  },
  {
    name: 'successes between keep the return going',
    steps: [
      ...returned,
      error(32_000, { samples: 50 }),
      error(32_001, { samples: 50 }),
      success(32_002),
      error(32_003, { samples: 50 }),
    ],
    state: 'returning',
  },
  { name: 'late errors do not abort the return', steps: [...returned, error(32_000, { startedMs: 500 })], state: 'returning' },
  { name: 'neither do client mistakes', steps: [...returned, neutral(32_000)], state: 'returning' },
  {
    name: 'late errors do not open it after the return',
    steps: [...returned, ...[0, 1, 2].map((ms) => error(50_000 + ms, { startedMs: 500 }))],
    state: 'closed',
  },
  {
    name: 'opened anew after the return, it begins with the first pause',
    steps: [...returned, error(50_000), error(50_001), error(50_002)],
    state: 'open',
    more: { pauseMs: 30_000 },
  },
  { name: 'without steps a good trial closes it', steps: returned, state: 'closed', config: { gradual: false } },
  {
    name: 'a short pause has short steps',
    steps: [error(0), error(1), error(2), success(400), time(500)],
    state: 'closed',
    config: { openForMs: 300 },
  },
]

for (const { name, steps, state, more = {}, config: changes } of cases) {
  test(`breaker: ${name}`, () => {
    const breaker = run(steps, changes)
    assert.equal(breaker.state, state)
    assert.partialDeepStrictEqual(breaker, more)
  })
}

test('breaker: the share of each state', () => {
  const share = (steps: readonly Step[]): readonly [number, string] => [shareOf(run(steps)), stateName(run(steps))]
  assert.deepEqual(share([]), [1, 'closed'])
  assert.deepEqual(share(opened), [0, 'open'])
  assert.deepEqual(share([...opened, time(30_002)]), [0, 'half_open'])
  assert.deepEqual(share(returned), [0.05, 'half_open'])
  assert.deepEqual(share([...returned, time(36_000)]), [0.25, 'half_open'])
})

test('breaker: whatever happens, pauses keep their limits, and it comes back once all is well', () => {
  const step = fc.record({
    kind: fc.constantFrom('success', 'error', 'neutral', 'time', 'booked', 'probe_ok'),
    gapMs: fc.integer({ min: 0, max: 100_000 }),
    tookMs: fc.integer({ min: 0, max: 50_000 }),
    errors: fc.integer({ min: 1, max: 30 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let breaker: Breaker = closed
      let nowMs = 0
      for (const { kind, gapMs, tookMs, errors } of steps) {
        nowMs += gapMs
        const all = { startedMs: nowMs - tookMs, errors, samples: 30, untilMs: nowMs + tookMs, recovered: errors > 15 }
        breaker = next(breaker, { kind, ...all }, nowMs, config)
        if (breaker.state === 'open') assert.ok(breaker.pauseMs >= 30_000 && breaker.untilMs - breaker.sinceMs <= 300_000)
      }
      // At most: the longest pause, a good trial, two steps.
      nowMs += 300_000
      for (let count = 0; count < 4; count++, nowMs += 5000) {
        breaker = next(breaker, { kind: 'success', startedMs: nowMs, errors: 0, samples: 1 }, nowMs, config)
      }
      assert.equal(breaker.state, 'closed')
    }),
  )
})
