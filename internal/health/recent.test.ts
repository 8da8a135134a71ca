import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttemptOutcome, RelayEvent } from '#canonical/observe.ts'
import type { Target } from '#canonical/plan.ts'
import { createFakeClock } from '#lib/fake-clock.ts'
import { createRecent } from './recent.ts'

const epochMs = Date.UTC(2026, 0, 5, 23, 0)

function setUp() {
  const clock = createFakeClock(5000)
  const recent = createRecent({ clock, wallNowMs: () => epochMs + clock.now() })
  const attempt = (outcome: AttemptOutcome, options: { readonly id?: string; readonly message?: string } = {}): void => {
    const failure = { kind: 'server', message: options.message ?? 'it broke', phase: 'headers' } as const
    recent.observe({
      kind: 'attempt_ended',
      requestId: 'r1',
      route: 'smart',
      target: target(options.id ?? 'a/one'),
      keyIndex: 0,
      outcome,
      durationMs: 20,
      atMs: clock.now(),
      ...(outcome === 'ok' ? {} : { failure, status: 503 }),
    })
  }
  return { clock, recent, attempt }
}

function target(id: string, label?: string): Target {
  const [provider = '', model = ''] = id.split('/')
  return { id, provider, model, dialect: 'openai-chat', weight: 1, ...(label === undefined ? {} : { label }) }
}

function ended(fields: Partial<Extract<RelayEvent, { kind: 'request_ended' }>>): RelayEvent {
  return {
    kind: 'request_ended',
    requestId: 'r1',
    dialect: 'openai-chat',
    route: 'smart',
    outcome: 'ok',
    status: 200,
    stream: false,
    attempts: [],
    durationMs: 25,
    overheadMs: 1,
    dropped: [],
    atMs: 0,
    ...fields,
  }
}

test('recent: counts attempts of the last minute and of the last five', () => {
  const { clock, recent, attempt } = setUp()
  attempt('ok')
  clock.advance(120_000)
  attempt('ok')
  attempt('overloaded')
  const seen = recent.target('a/one', false)
  assert.deepEqual(seen?.minute, { attempts: 2, failed: 1 })
  assert.deepEqual(seen?.fiveMinutes, { attempts: 3, failed: 1 })
  assert.equal(seen?.points.length, 60)
  assert.deepEqual(seen?.points.at(-1), { attempts: 2, failed: 1, meanMs: 20 })
  assert.equal(recent.target('a/other', false), undefined)
})

test('recent: mistakes of clients are no failures', () => {
  const { recent, attempt } = setUp()
  attempt('invalid_request')
  assert.equal(recent.target('a/one', false), undefined)
})

test('recent: an episode begins with the first failure and keeps its beginning while failures go on', () => {
  const { clock, recent, attempt } = setUp()
  attempt('ok')
  clock.advance(60_000)
  const beganMs = epochMs + clock.now()
  attempt('server', { message: 'first' })
  clock.advance(30_000)
  attempt('ok')
  clock.advance(90_000)
  attempt('server', { message: 'second\n\u0007line' })
  const episode = recent.target('a/one', false)?.episode
  assert.equal(episode?.sinceMs, beganMs)
  assert.equal(episode?.failed, 2)
  assert.equal(episode?.attempts, 3)
  assert.equal(episode?.last.message, 'second line')
})

test('recent: an episode is over two minutes after its last failure', () => {
  const { clock, recent, attempt } = setUp()
  attempt('server')
  clock.advance(1000)
  attempt('ok')
  clock.advance(118_000)
  assert.ok(recent.target('a/one', false)?.episode)
  clock.advance(2000)
  assert.equal(recent.target('a/one', false)?.episode, undefined)
})

test('recent: a target that is tried every five minutes has failed since the first failure', () => {
  const { clock, recent, attempt } = setUp()
  const beganMs = epochMs + clock.now()
  for (let tries = 0; tries < 12; tries++) {
    attempt('timeout')
    clock.advance(300_000)
  }
  assert.equal(recent.target('a/one', true)?.episode?.sinceMs, beganMs)
})

test('recent: a failure without traffic after it is forgotten, unless the target is out of the rotation', () => {
  const { clock, recent, attempt } = setUp()
  attempt('server')
  clock.advance(16 * 60_000)
  assert.equal(recent.target('a/one', false)?.episode, undefined)
  assert.ok(recent.target('a/one', true)?.episode)
})

test('recent: the words of a provider that refuses a key are not kept', () => {
  const { recent, attempt } = setUp()
  attempt('auth', { message: 'Incorrect API key: sk-secret' })
  assert.doesNotMatch(JSON.stringify(recent.target('a/one', false)), /sk-secret/)
})

test('recent: failovers are told newest first, with what the failed target said, the last twenty', () => {
  const { recent, attempt } = setUp()
  attempt('overloaded', { message: 'busy' })
  const failover = (route: string): void =>
    recent.observe({
      kind: 'failover',
      requestId: 'r1',
      route,
      from: target('a/one'),
      to: target('b/two'),
      reason: 'overloaded',
      waitMs: 0,
    })
  for (let count = 1; count <= 25; count++) failover(`route-${count}`)
  const told = recent.failovers()
  assert.equal(told.length, 20)
  assert.equal(told[0]?.route, 'route-25')
  assert.equal(told[0]?.trouble?.message, 'busy')
})

test('recent: costs are of today (UTC)', () => {
  const { clock, recent } = setUp()
  const wasted = { usd: 0.125, reason: 'failed' } as const
  const attempts = [{ target: 'a/one', outcome: 'timeout', durationMs: 1, wasted }] as const
  recent.observe(ended({ target: target('a/one'), costUsd: 0.5, savedUsd: 1, attempts }))
  recent.observe(ended({ target: target('a/client-made', 'a/*'), costUsd: 0.25 }))
  assert.equal(recent.costs().usd, 0.75)
  assert.equal(recent.costs().savedUsd, 1)
  assert.deepEqual([...recent.costs().wasted], [['failed', 0.125]])
  assert.deepEqual(
    [...recent.costs().byTarget],
    [
      ['a/one', 0.5],
      ['a/client-made', 0.25],
    ],
  )
  clock.advance(3_600_000)
  assert.equal(recent.costs().usd, 0)
  assert.equal(recent.costs().sinceMs, Date.UTC(2026, 0, 6))
})

test('recent: costs of models that clients make up come together at some point', () => {
  const { recent } = setUp()
  for (let count = 0; count < 600; count++) recent.observe(ended({ target: target(`a/${count}`, 'a/*'), costUsd: 1 }))
  assert.equal(recent.costs().byTarget.size, 501)
  assert.equal(recent.costs().byTarget.get('a/*'), 100)
})

test('recent: a failing probe is told with its beginning', () => {
  const { clock, recent } = setUp()
  recent.probed('a', { ok: true, durationMs: 3 })
  clock.advance(1000)
  const beganMs = epochMs + clock.now()
  recent.probed('a', { ok: false, durationMs: 3, reason: 'HTTP 500' })
  clock.advance(1000)
  recent.probed('a', { ok: false, durationMs: 3, reason: 'HTTP 502' })
  assert.deepEqual(recent.probe('a'), {
    ok: false,
    atMs: beganMs + 1000,
    durationMs: 3,
    reason: 'HTTP 502',
    failingSinceMs: beganMs,
  })
  recent.probed('a', { ok: true, durationMs: 3 })
  assert.equal(recent.probe('a')?.failingSinceMs, undefined)
  assert.equal(recent.probe('b'), undefined)
})

test('recent: what clients got', () => {
  const { recent } = setUp()
  recent.observe(ended({}))
  recent.observe(ended({ outcome: 'failed', status: 502 }))
  recent.observe(ended({ outcome: 'failed', status: 400 }))
  recent.observe(ended({ outcome: 'cancelled', status: 499 }))
  assert.deepEqual(recent.traffic().minute, { attempts: 4, failed: 1 })
})

test('recent: the number of targets has an end', () => {
  const { recent, attempt } = setUp()
  for (let count = 0; count < 600; count++) attempt('ok', { id: `a/${count}` })
  assert.equal(recent.target('a/0', false), undefined)
  assert.ok(recent.target('a/599', false))
})
