import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergeFacts } from './merge-facts.ts'
import type { StatusFacts } from './status-facts.ts'
import { statusView } from './status-view.ts'
import type { TargetFacts } from './target-view.ts'

const last = { outcome: 'overloaded', status: 529, message: 'busy', atMs: 900 } as const

function target(attempts: number, failed: number, meanMs: number, over: Partial<TargetFacts> = {}): TargetFacts {
  const quantiles = { p50: meanMs, p95: 2 * meanMs, p99: 3 * meanMs }
  return {
    target: 'a/one',
    provider: 'a',
    health: {
      breaker: 'closed',
      restsForMs: 0,
      errorRatio: failed / attempts,
      samples: attempts,
      inFlight: 1,
      share: 1,
      latencyMs: quantiles,
    },
    recent: {
      target: 'a/one',
      minute: { attempts, failed },
      fiveMinutes: { attempts, failed },
      points: [{ attempts, failed, meanMs }],
    },
    costUsd: 2,
    ...over,
  }
}

function facts(over: Partial<StatusFacts>): StatusFacts {
  return {
    instance: 'host',
    version: '1',
    workers: 1,
    startedAtMs: 100,
    nowMs: 1000,
    lifecycle: { started: true, draining: false },
    config: { path: 'r.yaml', digest: 'd', loadedAtMs: 100, models: [] },
    reload: { atMs: 100, ok: true, reason: 'start', problems: [] },
    targets: [],
    keys: [],
    probes: {},
    traffic: { minute: { attempts: 10, failed: 1 }, fiveMinutes: { attempts: 20, failed: 2 } },
    costs: { sinceMs: 100, usd: 1, savedUsd: 0.5, promptCacheSavedUsd: 0, wasted: { failed: 0.25 } },
    failovers: [],
    alerts: [],
    inFlight: 3,
    queued: 1,
    ...over,
  }
}

test('status of workers: what is counted is added', () => {
  const merged = mergeFacts([
    facts({}),
    facts({ startedAtMs: 50, costs: { sinceMs: 50, usd: 2, savedUsd: 0, promptCacheSavedUsd: 1, wasted: { hedged: 1 } } }),
  ])
  assert.ok(merged)
  const { workers, startedAtMs, inFlight, queued, traffic, costs } = merged
  assert.deepEqual({ workers, startedAtMs, inFlight, queued }, { workers: 2, startedAtMs: 50, inFlight: 6, queued: 2 })
  assert.deepEqual(traffic, { minute: { attempts: 20, failed: 2 }, fiveMinutes: { attempts: 40, failed: 4 } })
  assert.deepEqual(costs, { sinceMs: 50, usd: 3, savedUsd: 0.5, promptCacheSavedUsd: 1, wasted: { failed: 0.25, hedged: 1 } })
})

test('status of workers: means are weighted by what they are means of', () => {
  const merged = mergeFacts([facts({ targets: [target(30, 0, 100)] }), facts({ targets: [target(10, 0, 500)] })])
  const [one] = merged?.targets ?? []
  assert.equal(one?.health?.latencyMs?.p50, 200)
  assert.equal(one?.health?.inFlight, 2)
  assert.deepEqual(one?.recent?.points, [{ attempts: 40, failed: 0, meanMs: 200 }])
  assert.equal(one?.costUsd, 4)
})

test('status of workers: a target is as bad as its worst worker says, its trouble as old as the first saw it', () => {
  const episode = { sinceMs: 700, attempts: 3, failed: 3, last, lastFailed: true }
  const open = target(3, 3, 50, {
    health: { breaker: 'open', restsForMs: 5000, errorRatio: 1, samples: 3, inFlight: 0, share: 0 },
    recent: { target: 'a/one', minute: { attempts: 0, failed: 0 }, fiveMinutes: { attempts: 3, failed: 3 }, points: [], episode },
  })
  const later = target(5, 1, 50, {
    recent: {
      target: 'a/one',
      minute: { attempts: 5, failed: 1 },
      fiveMinutes: { attempts: 5, failed: 1 },
      points: [],
      episode: { ...episode, sinceMs: 800 },
    },
  })
  const alert = { alert: 'breaker_open', target: 'a/one', text: 'out' } as const
  const merged = mergeFacts([
    facts({ targets: [later], alerts: [{ ...alert, sinceMs: 850 }] }),
    facts({ targets: [open], alerts: [{ ...alert, sinceMs: 720 }] }),
  ])
  assert.ok(merged)
  const { problems, targets, alerts } = statusView(merged)
  assert.equal(targets[0]?.state, 'down')
  assert.deepEqual(targets[0]?.last_5m, { attempts: 8, failed: 4 })
  assert.equal(problems[0]?.since, new Date(700).toISOString())
  assert.deepEqual(
    alerts.map(({ since }) => since),
    [new Date(720).toISOString()],
  )
})

test('status of workers: a file that one of them refused is told', () => {
  const refused = { atMs: 900, ok: false, reason: 'file', problems: ['r.yaml:1:1: wrong'] } as const
  assert.deepEqual(mergeFacts([facts({}), facts({ reload: refused })])?.reload, refused)
})

test('status of workers: a probe that fails now has failed since the first worker saw it', () => {
  const failing = (atMs: number, failingSinceMs: number) =>
    ({ ok: false, durationMs: 1, reason: 'refused', atMs, failingSinceMs }) as const
  const merged = mergeFacts([
    facts({ probes: { a: failing(900, 500) } }),
    facts({ probes: { a: failing(950, 600), b: { ok: true, durationMs: 1, atMs: 5 } } }),
  ])
  assert.deepEqual(merged?.probes, { a: failing(950, 500), b: { ok: true, durationMs: 1, atMs: 5 } })
})

test('status of workers: of none there is nothing to tell', () => assert.equal(mergeFacts([]), undefined))

test('status of workers: a key is told by the worker that lets it rest longest', () => {
  const key = { provider: 'a', number: 2, state: 'ok', restsForMs: 0, targets: [] } as const
  const refused = { ...key, state: 'refused', restsForMs: 500 } as const
  const merged = mergeFacts([facts({ keys: [key] }), facts({ keys: [refused] }), facts({ keys: [{ ...key, number: 1 }] })])
  assert.deepEqual(merged?.keys, [refused, { ...key, number: 1 }])
})
