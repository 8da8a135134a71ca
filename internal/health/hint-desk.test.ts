import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttemptOutcome } from '#canonical/observe.ts'
import type { Target } from '#canonical/plan.ts'
import { usualBreaker } from '../../test/support/health-config.ts'
import { type Hint, readHint } from './hints.ts'
import { createHealth, type Health } from './registry.ts'
import type { HealthConfig } from './store.ts'

const config: HealthConfig = {
  breaker: usualBreaker,
  health: { window: 100 },
  providers: new Map([
    ['a', { keys: ['k1', 'k2'].map((key) => ({ reveal: () => key })) }],
    ['lone', { keys: [{ reveal: () => 'k1' }] }],
  ]),
}
const one: Target = { id: 'a/one', provider: 'a', model: 'one', dialect: 'openai-chat', weight: 1 }

type Instance = { readonly health: Health; readonly told: Hint[] }

function instance(): Instance {
  const health = createHealth(config, { random: () => 0, wallNowMs: () => 0 })
  const told: Hint[] = []
  health.onHint((hint) => told.push(hint))
  return { health, told }
}

type End = {
  readonly outcome: AttemptOutcome
  readonly keyIndex?: number
  readonly retryAfterMs?: number
  readonly target?: Target
}

function end({ health }: Instance, atMs: number, { outcome, keyIndex = 0, retryAfterMs, target = one }: End): void {
  const about = { requestId: 'r', route: 'smart', target, keyIndex, atMs }
  health.observe({ kind: 'attempt_started', ...about, number: 1 })
  const failure = { message: '', phase: 'headers' as const, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  health.observe({
    kind: 'attempt_ended',
    ...about,
    outcome,
    durationMs: 0,
    ...(outcome === 'ok' || outcome === 'abandoned' ? {} : { failure: { kind: outcome, ...failure } }),
  })
}

/** What one tells is heard by the other. */
function pass([from, to]: readonly [Instance, Instance], nowMs: number, name = 'x', others = 1): void {
  for (const told of from.told.splice(0)) {
    const hint = readHint(JSON.parse(JSON.stringify(told)))
    if (hint !== undefined) to.health.hear(hint, { from: name, others }, nowMs)
  }
}

function failing(atMs: number): Instance {
  const made = instance()
  for (let count = 0; count < 3; count++) end(made, atMs, { outcome: 'server' })
  return made
}

test('a breaker that opens elsewhere opens none here; but one error of our own is enough then', () => {
  const here = instance()
  end(here, 0, { outcome: 'ok' })
  pass([failing(0), here], 0)
  assert.equal(here.health.admit(one, 0), 'normal')
  end(here, 1, { outcome: 'server' })
  assert.equal(here.health.admit(one, 2), 'refused')
})

test('an answer of the target itself ends the suspicion', () => {
  const here = instance()
  end(here, 0, { outcome: 'ok' })
  pass([failing(0), here], 0)
  end(here, 1, { outcome: 'ok' })
  end(here, 2, { outcome: 'server' })
  assert.equal(here.health.admit(one, 3), 'normal')
})

test('when most of the others say so, one request at a time shows whether it works', () => {
  const here = instance()
  end(here, 0, { outcome: 'ok' })
  for (const name of ['x', 'y']) pass([failing(0), here], 0, name, 3)
  assert.equal(here.health.admit(one, 1), 'trial')
  assert.equal(here.health.admit(one, 2), 'refused')
  end(here, 3, { outcome: 'ok' })
  assert.equal(here.health.admit(one, 4), 'normal')
  assert.ok(
    here.told.every((hint) => hint.kind !== 'breaker' || hint.state !== 'open'),
    'hearsay is not passed on',
  )
})

test('a key that was refused elsewhere rests here too, but never the last one', () => {
  const [there, here] = [instance(), instance()]
  end(there, 0, { outcome: 'auth', keyIndex: 0 })
  assert.equal(there.told.length, 1)
  assert.ok(!JSON.stringify(there.told).includes('k1'))
  pass([there, here], 0)
  for (let count = 0; count < 4; count++) assert.equal(here.health.pickKey('a', 2, 1), 1)
  // After a minute it must be said again, or seen.
  assert.notEqual(here.health.pickKey('a', 2, 61_000), here.health.pickKey('a', 2, 61_000))
  end(there, 0, { outcome: 'auth', keyIndex: 1 })
  pass([there, here], 0)
  assert.equal(here.health.pickKey('a', 2, 1), 1)
})

test('a limit that one ran into rests the key for all, for a minute at most, and is told once', () => {
  const [there, here] = [instance(), instance()]
  for (let count = 0; count < 5; count++) end(there, count, { outcome: 'rate_limit', keyIndex: 0, retryAfterMs: 600_000 })
  assert.equal(there.told.length, 1)
  pass([there, here], 10)
  for (let count = 0; count < 4; count++) assert.equal(here.health.pickKey('a', 2, 11, one.id), 1)
  assert.equal(here.told.length, 0)
  end(here, 20, { outcome: 'ok', keyIndex: 1 })
  assert.equal(here.told.length, 0)
  assert.notEqual(here.health.pickKey('a', 2, 61_000, one.id), here.health.pickKey('a', 2, 61_000, one.id))
})

test('hints of keys, targets and providers that are not here change nothing', () => {
  const here = instance()
  const voice = { from: 'x', others: 1 }
  here.health.hear({ kind: 'key', provider: 'nobody', key: 'd', restMs: 1000 }, voice, 0)
  here.health.hear({ kind: 'limit', target: 'nobody/m', key: 'd', restMs: 1000 }, voice, 0)
  here.health.hear({ kind: 'breaker', target: 'nobody/m', state: 'open', forMs: 1000 }, voice, 0)
  assert.deepEqual(here.health.status(0), [])
})

test('who comes later hears what is open', () => {
  const there = failing(0)
  assert.deepEqual(there.health.openTargets(10_000), [{ kind: 'breaker', target: 'a/one', state: 'open', forMs: 20_000 }])
  assert.deepEqual(there.health.openTargets(40_000), [])
})
