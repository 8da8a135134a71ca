import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Failure, FailureKind } from '#canonical/failure.ts'
import { type DecidePolicy, type Decision, decide, type Facts } from './decide.ts'

const policy: DecidePolicy = {
  on_failure: {},
  backoff: { base: 500, factor: 2, max: 8000, jitter: 0.2 },
  // In the middle: no jitter on backoffs.
  random: () => 0.5,
}

const first: Facts = { attempts: 1, maxAttempts: 4, attemptsAtTarget: 1, hasOtherKey: false, hasNext: true, leftMs: 600_000 }

function failureOf(kind: FailureKind, more: Partial<Failure> = {}): Failure {
  return { kind, message: kind, phase: 'headers', ...more }
}

type Situation = 'first' | 'again' | 'otherKey' | 'alone' | 'aloneAgain' | 'lastAttempt'
const situations: Readonly<Record<Situation, Facts>> = {
  first,
  again: { ...first, attempts: 2, attemptsAtTarget: 2 },
  otherKey: { ...first, hasOtherKey: true },
  alone: { ...first, hasNext: false },
  aloneAgain: { ...first, attempts: 2, attemptsAtTarget: 2, hasNext: false },
  lastAttempt: { ...first, attempts: 4, hasOtherKey: true },
}

// Each class in each situation: what the defaults do, and how long they wait.
const table: Readonly<Record<FailureKind, readonly [Situation, string][]>> = {
  server: [
    ['first', 'same 500'],
    ['again', 'next 1000'],
    ['otherKey', 'same 500'],
    ['alone', 'same 500'],
    ['aloneAgain', 'same 1000'],
    ['lastAttempt', 'stop 0'],
  ],
  network: [
    ['first', 'same 500'],
    ['again', 'next 1000'],
    ['otherKey', 'same 500'],
    ['alone', 'same 500'],
    ['aloneAgain', 'same 1000'],
    ['lastAttempt', 'stop 0'],
  ],
  overloaded: [
    ['first', 'next 500'],
    ['again', 'next 1000'],
    ['otherKey', 'next 500'],
    ['alone', 'same 500'],
    ['aloneAgain', 'same 1000'],
    ['lastAttempt', 'stop 0'],
  ],
  rate_limit: [
    ['first', 'next 500'],
    ['again', 'next 1000'],
    ['otherKey', 'rest_key 0'],
    ['alone', 'same 500'],
    ['aloneAgain', 'same 1000'],
    ['lastAttempt', 'stop 0'],
  ],
  malformed: [
    ['first', 'next 500'],
    ['again', 'next 1000'],
    ['otherKey', 'next 500'],
    ['alone', 'same 500'],
    ['aloneAgain', 'same 1000'],
    ['lastAttempt', 'stop 0'],
  ],
  timeout: [
    ['first', 'next 0'],
    ['again', 'next 0'],
    ['otherKey', 'next 0'],
    ['alone', 'stop 0'],
    ['aloneAgain', 'stop 0'],
    ['lastAttempt', 'stop 0'],
  ],
  not_found: moves('next 0'),
  unsupported: moves('next 0'),
  context_length: moves('larger 0'),
  auth: [...moves('next 0'), ['otherKey', 'rest_key 0']],
  billing: [...moves('next 0'), ['otherKey', 'rest_key 0']],
  content_filter: moves('stop 0'),
  invalid_request: moves('stop 0'),
  cancelled: moves('stop 0'),
}

/** A class that never asks the same target again. */
function moves(decision: string): [Situation, string][] {
  return [
    ['first', decision],
    ['again', decision],
    ['alone', 'stop 0'],
    ['aloneAgain', 'stop 0'],
    ['lastAttempt', 'stop 0'],
  ]
}

function spell({ action, waitMs }: Decision): string {
  return `${action} ${waitMs}`
}

const kinds = Object.keys(table).filter((key): key is FailureKind => key in table)

for (const kind of kinds) {
  for (const [situation, expected] of table[kind]) {
    test(`decide: ${kind}, ${situation}`, () => {
      const failure = failureOf(kind)
      assert.equal(spell(decide(failure, situations[situation], policy)), expected)
    })
  }
}

const special: readonly {
  name: string
  failure: Failure
  facts?: Partial<Facts>
  policy?: Partial<DecidePolicy>
  expected: string
}[] = [
  {
    name: 'a short Retry-After of a limit is waited out on the same target, spread by half the jitter',
    failure: failureOf('rate_limit', { retryAfterMs: 2000 }),
    expected: 'same 2100',
  },
  {
    name: 'the longest wait on the same target is 3 s',
    failure: failureOf('rate_limit', { retryAfterMs: 3000 }),
    expected: 'same 3150',
  },
  { name: 'a longer one moves on at once', failure: failureOf('rate_limit', { retryAfterMs: 3001 }), expected: 'next 0' },
  {
    name: 'a longer one without another target ends the request',
    failure: failureOf('rate_limit', { retryAfterMs: 20_000 }),
    facts: { hasNext: false },
    expected: 'stop 0',
  },
  {
    name: 'a wait beyond the deadline is not begun',
    failure: failureOf('rate_limit', { retryAfterMs: 2000 }),
    facts: { leftMs: 1500 },
    expected: 'next 0',
  },
  {
    name: 'a limit is waited out once, then the next target is asked',
    failure: failureOf('rate_limit', { retryAfterMs: 2000 }),
    facts: { attempts: 2, attemptsAtTarget: 2 },
    expected: 'next 0',
  },
  {
    name: 'a limit that says 0 is not believed',
    failure: failureOf('rate_limit', { retryAfterMs: 0 }),
    expected: 'same 500',
  },
  {
    name: 'another key is better than waiting',
    failure: failureOf('rate_limit', { retryAfterMs: 2000 }),
    facts: { hasOtherKey: true },
    expected: 'rest_key 0',
  },
  {
    name: 'a limit that waiting does not cure is neither waited out nor tried with another key',
    failure: failureOf('rate_limit', { retryAfterMs: 2000, permanent: true }),
    facts: { hasOtherKey: true },
    expected: 'next 0',
  },
  {
    name: 'a limit that waiting does not cure ends the request at the only target',
    failure: failureOf('rate_limit', { permanent: true }),
    facts: { hasNext: false },
    expected: 'stop 0',
  },
  {
    name: 'what a failing server asks for is a floor of the backoff',
    failure: failureOf('server', { retryAfterMs: 2500 }),
    expected: 'same 2625',
  },
  {
    name: 'a failing server that asks for a long wait is left',
    failure: failureOf('server', { retryAfterMs: 30_000 }),
    expected: 'next 500',
  },
  { name: 'nothing is tried after the deadline', failure: failureOf('server'), facts: { leftMs: 0 }, expected: 'stop 0' },
  {
    name: 'a backoff leaves most of the time to the attempt',
    failure: failureOf('overloaded'),
    facts: { leftMs: 400 },
    expected: 'next 100',
  },
  {
    name: 'the policy may shop around after a content filter',
    failure: failureOf('content_filter'),
    policy: { on_failure: { content_filter: 'next' } },
    expected: 'next 500',
  },
  {
    name: 'the policy may stop at a limit, however short',
    failure: failureOf('rate_limit', { retryAfterMs: 1000 }),
    policy: { on_failure: { rate_limit: 'stop' } },
    expected: 'stop 0',
  },
  {
    name: 'the policy may ask a silent target once more',
    failure: failureOf('timeout'),
    policy: { on_failure: { timeout: 'same' } },
    expected: 'same 500',
  },
  {
    name: 'no policy revives a request whose client has gone',
    failure: failureOf('cancelled'),
    policy: { on_failure: { cancelled: 'next' } },
    expected: 'stop 0',
  },
]

for (const { name, failure, facts, policy: changes, expected } of special) {
  test(`decide: ${name}`, () => {
    assert.equal(spell(decide(failure, { ...first, ...facts }, { ...policy, ...changes })), expected)
  })
}

test('decide: whatever happens, it keeps to the attempts, the deadline, and what the plan has', () => {
  const facts = fc.record({
    attempts: fc.integer({ min: 1, max: 6 }),
    maxAttempts: fc.integer({ min: 1, max: 6 }),
    attemptsAtTarget: fc.integer({ min: 1, max: 6 }),
    hasOtherKey: fc.boolean(),
    hasNext: fc.boolean(),
    leftMs: fc.integer({ min: -10, max: 20_000 }),
  })
  const failure = fc.record({
    kind: fc.constantFrom(...kinds),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
    permanent: fc.boolean(),
    random: fc.double({ min: 0, max: 0.999, noNaN: true }),
    wanted: fc.constantFrom('same', 'next', 'larger', 'stop', 'rest_key', undefined),
  })
  fc.assert(
    fc.property(facts, failure, (known, { kind, retryAfterMs, permanent, random, wanted }) => {
      const what = failureOf(kind, { permanent, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
      const { action, waitMs } = decide(what, known, { ...policy, on_failure: { [kind]: wanted }, random: () => random })
      assert.ok(waitMs >= 0 && waitMs <= 8000)
      if (known.attempts >= known.maxAttempts || known.leftMs <= 0) assert.equal(action, 'stop')
      if (action === 'next' || action === 'larger') assert.ok(known.hasNext)
      if (action === 'rest_key') assert.ok(known.hasOtherKey)
      if (action === 'same') assert.ok(waitMs >= (retryAfterMs ?? 0) && !permanent)
    }),
  )
})
