import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Failure } from '#canonical/failure.ts'
import type { AttemptOutcome } from '#canonical/observe.ts'
import type { Target } from '#canonical/plan.ts'
import { usualBreaker } from '../../test/support/health-config.ts'
import { createHealth, type Health } from './registry.ts'
import type { HealthConfig, Transition } from './store.ts'

function configOf(keys: Readonly<Record<string, readonly string[]>>): HealthConfig {
  return {
    breaker: usualBreaker,
    health: { window: 100 },
    providers: new Map(Object.entries(keys).map(([name, list]) => [name, { keys: list.map((key) => ({ reveal: () => key })) }])),
  }
}

function targetOf(id: string): Target {
  const [provider = '', model = ''] = id.split('/')
  return { id, provider, model, dialect: 'openai-chat', weight: 1 }
}

const one = targetOf('a/one')
const other = targetOf('a/other')
const config = configOf({ a: ['k1'], b: ['k1', 'k2'] })

type End = {
  readonly outcome?: AttemptOutcome
  readonly target?: Target
  readonly keyIndex?: number
  readonly durationMs?: number
  readonly firstTokenMs?: number
  readonly status?: number
  readonly failure?: Partial<Failure>
  readonly headers?: Readonly<Record<string, string>>
}

function start(health: Health, atMs: number, { target = one, keyIndex = 0 }: End = {}): void {
  health.observe({ kind: 'attempt_started', requestId: 'r', route: 'smart', target, number: 1, keyIndex, atMs })
}

function end(health: Health, atMs: number, more: End = {}): void {
  const { outcome = 'ok', target = one, keyIndex = 0, durationMs = 0, failure, ...rest } = more
  const about: { failure?: Failure } =
    outcome === 'ok' || outcome === 'abandoned' ? {} : { failure: { kind: outcome, message: '', phase: 'headers', ...failure } }
  health.observe({
    kind: 'attempt_ended',
    requestId: 'r',
    route: 'smart',
    target,
    keyIndex,
    outcome,
    durationMs,
    atMs,
    ...about,
    ...rest,
  })
}

/** Health, whose draws of chance come from the list, the last one for ever. */
function healthOf(chances: number[] = [0], of: HealthConfig = config): Health {
  return createHealth(of, { random: () => (chances.length > 1 ? (chances.shift() ?? 0) : (chances[0] ?? 0)), wallNowMs: () => 0 })
}

function fail(health: Health, ...times: readonly number[]): void {
  for (const atMs of times) end(health, atMs, { outcome: 'server' })
}

test('health: a target never seen is healthy', () => {
  const health = healthOf()
  assert.equal(health.admit(one, 0), 'normal')
  assert.deepEqual(health.snapshot(0).of('a/one'), {
    admit: 'normal',
    errorRatio: 0,
    samples: 0,
    inFlight: 0,
    share: 1,
    breaker: 'closed',
  })
})

test('health: a failing target leaves, is tried once at a time, and comes back in steps', () => {
  const chances = [0.5]
  const health = healthOf(chances)
  const transitions: string[] = []
  health.onTransition(({ from, to }: Transition) => transitions.push(`${from} ${to}`))
  fail(health, 0, 1, 2)
  assert.equal(health.admit(one, 100), 'refused')
  assert.equal(health.snapshot(100).of('a/one').restingUntilMs, 30_002)
  assert.equal(health.admit(one, 30_002), 'trial')
  assert.equal(health.admit(one, 30_003), 'refused')
  start(health, 30_010)
  assert.equal(health.admit(one, 60_000), 'refused', 'the trial is still under way')
  end(health, 61_000, { durationMs: 30_990 })
  assert.equal(health.admit(one, 61_000), 'refused', 'not among the 5 %')
  assert.equal(health.admit(one, 61_000, 'rescue'), 'normal', 'a request that failed elsewhere')
  chances[0] = 0.04
  assert.equal(health.admit(one, 61_000), 'normal')
  assert.equal(health.snapshot(61_000).of('a/one').share, 0.05)
  chances[0] = 0.24
  assert.equal(health.admit(one, 66_000), 'normal')
  chances[0] = 0.99
  assert.equal(health.admit(one, 71_000), 'normal')
  assert.deepEqual(transitions, ['closed open', 'open half_open', 'half_open closed'])
})

test('health: a trial that no attempt follows gives its place back', () => {
  const health = healthOf()
  fail(health, 0, 1, 2)
  assert.equal(health.admit(one, 40_000), 'trial')
  assert.equal(health.admit(one, 54_999), 'refused')
  assert.equal(health.admit(one, 55_000), 'trial')
})

test('health: a trial that says nothing about the target gives its place back at once', () => {
  const health = healthOf()
  fail(health, 0, 1, 2)
  assert.equal(health.admit(one, 40_000), 'trial')
  start(health, 40_000)
  end(health, 40_100, { outcome: 'invalid_request', durationMs: 100 })
  assert.equal(health.admit(one, 40_101), 'trial')
})

test('health: the first token of a trial begins the return, a long answer need not end', () => {
  const health = healthOf()
  fail(health, 0, 1, 2)
  health.admit(one, 40_000)
  start(health, 40_000)
  health.observe({ kind: 'first_token', requestId: 'r', target: one, afterMs: 500, atMs: 40_500 })
  assert.equal(health.admit(one, 40_501), 'normal')
})

test('health: attempts that hang when the breaker opens do not spoil the return', () => {
  const health = healthOf()
  fail(health, 0, 1, 2)
  health.admit(one, 40_000)
  end(health, 40_100, { durationMs: 100 })
  for (let count = 0; count < 50; count++) end(health, 42_000, { outcome: 'timeout', durationMs: 41_999 })
  assert.equal(health.snapshot(42_000).of('a/one').errorRatio, 0)
  end(health, 46_000, { outcome: 'ok' })
  end(health, 46_001, { outcome: 'ok' })
  fail(health, 46_002)
  assert.equal(health.snapshot(60_000).of('a/one').breaker, 'closed')
})

const blameless: readonly AttemptOutcome[] = [
  'invalid_request',
  'context_length',
  'content_filter',
  'unsupported',
  'not_found',
  'cancelled',
  'abandoned',
]
for (const outcome of blameless) {
  test(`health: ${outcome} never counts against a target`, () => {
    const health = healthOf()
    for (let atMs = 0; atMs < 50; atMs++) end(health, atMs, { outcome, status: 400 })
    const { admit, errorRatio, samples } = health.snapshot(50).of('a/one')
    assert.deepEqual({ admit, errorRatio, samples }, { admit: 'normal', errorRatio: 0, samples: 0 })
  })
}

for (const outcome of ['network', 'timeout', 'overloaded', 'server', 'malformed'] as const) {
  test(`health: three times ${outcome} opens the breaker`, () => {
    const health = healthOf()
    for (const atMs of [0, 1, 2]) end(health, atMs, { outcome })
    assert.equal(health.snapshot(3).of('a/one').breaker, 'open')
    assert.deepEqual(health.status(3)[0]?.reason, { kind: 'consecutive_errors', count: 3 })
  })
}

test('health: limits rest a target without opening its breaker', () => {
  const health = healthOf()
  end(health, 0, { outcome: 'rate_limit', failure: { retryAfterMs: 20_000 } })
  const { admit, breaker, restingUntilMs, errorRatio } = health.snapshot(1).of('a/one')
  assert.deepEqual(
    { admit, breaker, restingUntilMs, errorRatio },
    { admit: 'refused', breaker: 'closed', restingUntilMs: 20_000, errorRatio: 1 },
  )
  assert.equal(health.admit(one, 19_999), 'refused')
  assert.equal(health.admit(one, 20_000), 'normal')
  assert.equal(health.admit(other, 1), 'normal', 'another model of the provider goes on')
})

test('health: what the headers ask for counts when the body is silent', () => {
  const health = healthOf()
  end(health, 0, { outcome: 'rate_limit', headers: { 'retry-after': '7' } })
  assert.equal(health.snapshot(1).of('a/one').restingUntilMs, 7000)
})

test('health: an overloaded provider that asks to wait rests, whatever the key', () => {
  const health = healthOf()
  end(health, 0, { outcome: 'overloaded', target: targetOf('b/m'), headers: { 'retry-after': '5' } })
  assert.equal(health.admit(targetOf('b/m'), 4999), 'refused')
  assert.equal(health.admit(targetOf('b/m'), 5000), 'normal')
})

test('health: a target about to run dry gets less traffic', () => {
  const chances = [0.6]
  const health = healthOf(chances)
  end(health, 0, {
    headers: { 'x-ratelimit-limit-requests': '100', 'x-ratelimit-remaining-requests': '5', 'x-ratelimit-reset-requests': '10s' },
  })
  assert.equal(health.snapshot(1).of('a/one').share, 0.5)
  assert.equal(health.admit(one, 1), 'refused')
  chances[0] = 0.4
  assert.equal(health.admit(one, 1), 'normal')
  end(health, 2, {
    headers: { 'x-ratelimit-limit-requests': '100', 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '10s' },
  })
  assert.equal(health.snapshot(3).of('a/one').restingUntilMs, 10_002)
})

test('health: a limited key rests for its target, the other key and the other model go on', () => {
  const health = healthOf()
  const [m, n] = [targetOf('b/m'), targetOf('b/n')]
  end(health, 0, { outcome: 'rate_limit', target: m, keyIndex: 0, failure: { retryAfterMs: 10_000 } })
  const keys = (id?: string): (number | undefined)[] => Array.from({ length: 4 }, () => health.pickKey('b', 2, 1, id))
  assert.deepEqual(keys('b/m'), [1, 1, 1, 1])
  assert.deepEqual(keys('b/n'), [0, 1, 0, 1])
  assert.deepEqual(keys(), [1, 1, 1, 1])
  assert.equal(health.admit(m, 1), 'normal')
  end(health, 2, { outcome: 'rate_limit', target: m, keyIndex: 1, failure: { retryAfterMs: 5000 } })
  assert.equal(health.pickKey('b', 2, 3, 'b/m'), undefined)
  assert.equal(health.snapshot(3).of('b/m').restingUntilMs, 5002)
  assert.equal(health.admit(n, 3), 'normal')
  assert.equal(health.pickKey('b', 2, 5002, 'b/m'), 1)
})

test('health: keys that rest for every target of the provider are not given out', () => {
  const health = healthOf()
  for (const keyIndex of [0, 1])
    end(health, 0, { outcome: 'rate_limit', target: targetOf('b/m'), keyIndex, failure: { retryAfterMs: 5000 } })
  assert.equal(health.pickKey('b', 2, 1), undefined)
  assert.equal(health.pickKey('b', 2, 1, 'b/n'), 0)
  end(health, 2, { target: targetOf('b/n') })
  assert.equal(health.pickKey('b', 2, 3), 1)
})

test('health: a refused key rests for all models, a forbidden model only for itself', () => {
  const health = healthOf()
  end(health, 0, { outcome: 'auth', status: 401, target: targetOf('b/m'), keyIndex: 0 })
  assert.equal(health.pickKey('b', 2, 1, 'b/n'), 1)
  assert.equal(health.pickKey('b', 2, 2, 'b/n'), 1)
  end(health, 3, { outcome: 'auth', status: 403, target: one })
  assert.equal(health.admit(one, 4), 'refused')
  assert.equal(health.admit(other, 4), 'normal')
  end(health, 5, { outcome: 'billing', target: other })
  assert.equal(health.admit(targetOf('a/new'), 6), 'refused', 'also for a model that was never asked')
  assert.equal(health.pickKey('a', 1, 6), undefined)
})

test('health: of targets that are all refused the one that is soonest good is the least bad', () => {
  const health = healthOf()
  fail(health, 0, 1, 2)
  end(health, 2, { outcome: 'rate_limit', target: other, failure: { retryAfterMs: 5000 } })
  assert.equal(health.leastBad([one, other], 3), other)
  assert.equal(health.leastBad([one], 3), one)
  assert.equal(health.leastBad([], 3), undefined)
})

test('health: a probe lets a target be tried early, and clears a key that was refused', () => {
  const health = healthOf()
  fail(health, 0, 1, 2)
  assert.equal(health.isTroubled('a', 3), true)
  assert.equal(health.isTroubled('b', 3), false)
  health.probed('a', { recovered: true }, 1000)
  assert.equal(health.admit(one, 1001), 'trial')
  end(health, 1002, { outcome: 'auth', status: 401, target: other })
  health.probed('a', { recovered: false, keyIndex: 0 }, 1003)
  assert.equal(health.admit(other, 1004), 'normal')
})

test('health: latencies and first tokens are those of answers', () => {
  const health = healthOf()
  for (let index = 1; index <= 100; index++) end(health, index, { durationMs: index * 10, firstTokenMs: index })
  end(health, 101, { outcome: 'server', durationMs: 1 })
  const { times, samples, errorRatio } = health.snapshot(102).of('a/one')
  assert.deepEqual(times?.latencyMs(), { p50: 500, p95: 950, p99: 990 })
  assert.deepEqual(times?.firstTokenMs(), { p50: 50, p95: 95, p99: 99 })
  assert.deepEqual([samples, errorRatio], [100, 0.01])
})

test('health: the automatic first-token limit grows with what the target needs', () => {
  const health = healthOf()
  for (let index = 0; index < 9; index++) end(health, index, { firstTokenMs: 8000 })
  assert.equal(health.firstTokenTimeoutMs(one, 10_000, 10), 10_000, 'too few to say')
  end(health, 9, { firstTokenMs: 8000 })
  assert.equal(health.firstTokenTimeoutMs(one, 10_000, 10), 24_000)
  assert.equal(health.firstTokenTimeoutMs(one, 120_000, 10), 120_000)
  end(health, 11, { firstTokenMs: 500_000 })
  assert.equal(health.firstTokenTimeoutMs(one, 10_000, 12), 300_000)
})

test('health: attempts under way are counted', () => {
  const health = healthOf()
  start(health, 0)
  start(health, 1)
  end(health, 2)
  assert.equal(health.snapshot(3).of('a/one').inFlight, 1)
})

test('health: a reload keeps what is known, unless the provider or its keys have changed', () => {
  const health = healthOf()
  fail(health, 0, 1, 2)
  end(health, 3, { outcome: 'auth', status: 401, target: targetOf('b/m') })
  end(health, 3, { outcome: 'rate_limit', target: targetOf('b/m'), keyIndex: 1, failure: { retryAfterMs: 60_000 } })
  health.reconfigure(configOf({ a: ['k1'], b: ['k1', 'k2'], c: [] }))
  assert.equal(health.admit(one, 4), 'refused')
  assert.equal(health.admit(targetOf('b/m'), 4), 'refused')
  health.reconfigure(configOf({ a: ['k1'], b: ['new', 'k2'] }))
  assert.equal(health.admit(one, 4), 'refused')
  assert.equal(health.admit(targetOf('b/m'), 4), 'normal')
  health.reconfigure(configOf({ b: ['new', 'k2'] }))
  assert.deepEqual(
    health.status(5).map(({ target }) => target),
    ['b/m'],
  )
})

test('health: the status tells who rests for how long and why', () => {
  const health = healthOf()
  fail(health, 0, 1, 2)
  const [status] = health.status(1002)
  assert.partialDeepStrictEqual(status, {
    target: 'a/one',
    provider: 'a',
    breaker: 'open',
    restsForMs: 29_000,
    reason: { kind: 'consecutive_errors', count: 3 },
  })
})

test('health: it remembers when a provider last answered', () => {
  const health = healthOf()
  assert.equal(health.lastAnswerMs('a'), undefined)
  end(health, 5)
  fail(health, 9)
  assert.equal(health.lastAnswerMs('a'), 5)
})
