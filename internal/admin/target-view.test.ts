import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RecentTarget } from '#health/recent.ts'
import type { TargetStatus } from '#health/registry.ts'
import type { Tally } from '#health/series.ts'
import { problemsOf } from './problems.ts'
import { stateOf, type TargetFacts, type TargetState } from './target-view.ts'
import { verdictOf } from './verdict.ts'

const health: TargetStatus = {
  target: 'a/one',
  provider: 'a',
  admit: 'normal',
  breaker: 'closed',
  restsForMs: 0,
  errorRatio: 0,
  samples: 10,
  inFlight: 0,
  share: 1,
}
const tally = (attempts: number, failed: number): Tally => ({ attempts, failed })
const last = { outcome: 'overloaded', status: 529, message: 'busy', atMs: 2000 } as const

function recent(minute: Tally, fiveMinutes: Tally, lastFailed?: boolean): RecentTarget {
  const episode = lastFailed === undefined ? {} : { episode: { sinceMs: 1000, attempts: 5, failed: 2, last, lastFailed } }
  return { target: 'a/one', minute, fiveMinutes, points: [], ...episode }
}

const cases: readonly (readonly [string, Pick<TargetFacts, 'health' | 'recent'>, TargetState])[] = [
  ['a target that nobody asked is idle', { health: undefined, recent: undefined }, 'idle'],
  ['a target without traffic in five minutes is idle', { health, recent: recent(tally(0, 0), tally(0, 0)) }, 'idle'],
  ['an open breaker is down', { health: { ...health, breaker: 'open', share: 0 }, recent: undefined }, 'down'],
  ['a trial that is due is down', { health: { ...health, breaker: 'half_open', share: 0 }, recent: undefined }, 'down'],
  [
    'a share of traffic is recovering',
    { health: { ...health, breaker: 'half_open', share: 0.25 }, recent: undefined },
    'recovering',
  ],
  ['a pause that was asked for is resting', { health: { ...health, restsForMs: 500 }, recent: undefined }, 'resting'],
  ['most of the minute failed', { health, recent: recent(tally(4, 2), tally(40, 2), false) }, 'failing'],
  ['the last attempt failed, nothing since', { health, recent: recent(tally(0, 0), tally(1, 1), true) }, 'failing'],
  ['some fail', { health, recent: recent(tally(20, 1), tally(40, 2), false) }, 'degraded'],
  ['one of a few failed', { health, recent: recent(tally(3, 1), tally(3, 1), false) }, 'ok'],
  ['hardly any fail', { health, recent: recent(tally(100, 1), tally(100, 2), false) }, 'ok'],
]
for (const [name, facts, state] of cases) test(`target state: ${name}`, () => assert.equal(stateOf(facts), state))

const facts = (target: string, over: Partial<TargetFacts>): TargetFacts => ({
  target,
  provider: target.slice(0, target.indexOf('/')),
  health: undefined,
  recent: undefined,
  costUsd: 0,
  ...over,
})

test('problems: one for each provider in trouble, the worst first, with the earliest beginning', () => {
  const down = { health: { ...health, breaker: 'open', share: 0 } as const, recent: recent(tally(0, 0), tally(5, 5), true) }
  const found = problemsOf(
    [
      facts('a/one', { health, recent: recent(tally(20, 1), tally(40, 2), false) }),
      facts('b/one', down),
      facts('b/two', {}),
      facts('c/one', { health, recent: recent(tally(20, 0), tally(40, 0)) }),
    ],
    (provider) => (provider === 'c' ? { ok: false, durationMs: 5, reason: 'HTTP 500', atMs: 9, failingSinceMs: 7 } : undefined),
  )
  assert.deepEqual(
    found.map(({ provider, state, sinceMs, targets, of }) => [provider, state, sinceMs, targets.length, of]),
    [
      ['b', 'down', 1000, 1, 2],
      ['a', 'degraded', 1000, 1, 1],
      ['c', 'probe_failing', 7, 0, 1],
    ],
  )
  assert.equal(verdictOf(found, tally(100, 0), true).text, 'b is down. Clients are served by other targets.')
  const worse = verdictOf(found, tally(100, 20), false)
  assert.equal(worse.level, 'critical')
  assert.match(worse.text, /^b is down\. 20 % of client requests failed .* reload .* refused\.$/)
})

test('verdict: all is well; a refused reload is a warning', () => {
  assert.deepEqual(verdictOf([], tally(100, 1), true), { level: 'ok', text: 'All providers are well.' })
  assert.equal(verdictOf([], tally(0, 0), false).level, 'warning')
})
