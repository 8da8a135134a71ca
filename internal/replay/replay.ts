import type { Usage } from '#canonical/answer.ts'
import type { Exclusion, Plan, PlanInput, PlanProblem, Target } from '#canonical/plan.ts'
import type { Snapshot, TargetHealth } from '#health/snapshot.ts'
import type { Result } from '#lib/result.ts'
import { inputOfShape } from '#routing/shape.ts'
import type { Logged } from './read-log.ts'

/** What a target got, or would have got. */
export type Share = {
  readonly target: string
  readonly requests: number
  /** 0–1, of all requests. */
  readonly share: number
  readonly costUsd: number
  /** Median wait in the log; undefined for a target that the log does not know. */
  readonly waitMs: number | undefined
}

export type Excluded = { readonly target: string; readonly kind: string; readonly requests: number }

export type Replayed = {
  readonly requests: number
  readonly before: readonly Share[]
  readonly after: readonly Share[]
  readonly excluded: readonly Excluded[]
  /** Requests that the new file would have refused, by code. */
  readonly refused: Readonly<Record<string, number>>
  /** Requests whose cost is not known: without tokens in the log, or without a price. */
  readonly unpriced: number
}

export type ReplayDeps = {
  /** `atMs`, since the epoch: when the request was. Prices and rules may depend on the hour. */
  readonly plan: (input: PlanInput, snapshot: Snapshot, atMs: number) => Result<Plan, PlanProblem>
  readonly costOf: (target: Target, usage: Usage, atMs: number) => number | undefined
}

/**
 * What a routing file would have done with logged traffic: each request is planned by the code that plans real ones, with the
 * latencies and errors that the log shows of each target, and priced with the tokens that it took. That the first target of
 * the plan would have answered is the assumption; failovers are not played.
 */
export function replay(requests: readonly Logged[], { plan, costOf }: ReplayDeps): Replayed {
  const snapshot = snapshotOf(requests)
  const [before, after, exclusions] = [createTally(), createTally(), createExclusions()]
  const refused: Record<string, number> = {}
  let unpriced = 0
  for (const request of requests) {
    if (request.target !== undefined) before.add(request.target, request.costUsd ?? 0)
    const planned = plan(inputOf(request), snapshot, request.atMs)
    exclusions.add(planned.ok ? planned.value.excluded : planned.error.excluded)
    const target = firstOf(planned, refused)
    if (target === undefined) continue
    const cost = costAt(target, request, costOf)
    if (cost === undefined) unpriced++
    after.add(target.id, cost ?? 0)
  }
  const waits = (target: string): number | undefined => snapshot.of(target).times?.latencyMs()?.p50
  return {
    requests: requests.length,
    before: before.shares(requests.length, waits),
    after: after.shares(requests.length, waits),
    excluded: exclusions.all(),
    refused,
    unpriced,
  }
}

/** Who would be asked first; a request without a plan is counted by its code. */
function firstOf(planned: Result<Plan, PlanProblem>, refused: Record<string, number>): Target | undefined {
  if (planned.ok) return planned.value.steps[0]?.target
  const { code } = planned.error
  refused[code] = (refused[code] ?? 0) + 1
  return undefined
}

type Exclusions = { readonly add: (excluded: readonly Exclusion[]) => void; readonly all: () => readonly Excluded[] }

function createExclusions(): Exclusions {
  const counts = new Map<string, Excluded>()
  return {
    add(excluded) {
      for (const { target, kind } of excluded) {
        const key = `${target.id} ${kind}`
        counts.set(key, { target: target.id, kind, requests: (counts.get(key)?.requests ?? 0) + 1 })
      }
    },
    all: () => [...counts.values()].sort((left, right) => right.requests - left.requests),
  }
}

function inputOf({ shape, client }: Logged): PlanInput {
  const input = inputOfShape(shape)
  return client === undefined ? input : { ...input, hints: { ...input.hints, client } }
}

/** What was cached at one target is not at another. */
function costAt(target: Target, { usage, target: answered, atMs }: Logged, costOf: ReplayDeps['costOf']): number | undefined {
  if (usage === undefined) return undefined
  const same = target.id === answered
  return costOf(target, { ...usage, reasoning: 0, ...(same ? {} : { cacheRead: 0, cacheWrite: 0 }) }, atMs)
}

type Tally = {
  readonly add: (target: string, costUsd: number) => void
  readonly shares: (all: number, waits: (target: string) => number | undefined) => readonly Share[]
}

function createTally(): Tally {
  const counts = new Map<string, { requests: number; costUsd: number }>()
  return {
    add(target, costUsd) {
      const known = counts.get(target) ?? { requests: 0, costUsd: 0 }
      counts.set(target, { requests: known.requests + 1, costUsd: known.costUsd + costUsd })
    },
    shares: (all, waits) =>
      [...counts]
        .map(([target, { requests, costUsd }]) => ({
          target,
          requests,
          share: all === 0 ? 0 : requests / all,
          costUsd,
          waitMs: waits(target),
        }))
        .sort((left, right) => right.requests - left.requests),
  }
}

/** The whole log as the health of each target: all are taken as working, with their own latencies and error rates. */
function snapshotOf(requests: readonly Logged[]): Snapshot {
  const seen = new Map<string, { waits: number[]; errors: number; attempts: number }>()
  const at = (target: string): { waits: number[]; errors: number; attempts: number } => {
    const known = seen.get(target) ?? { waits: [], errors: 0, attempts: 0 }
    seen.set(target, known)
    return known
  }
  for (const { target, waitMs, attempts, ok } of requests) {
    if (target !== undefined && waitMs !== undefined && ok) at(target).waits.push(waitMs)
    for (const attempt of attempts) {
      const known = at(attempt.target)
      known.attempts++
      if (!attempt.ok) known.errors++
    }
  }
  const health = new Map([...seen].map(([target, facts]) => [target, healthOf(facts)]))
  return { of: (target) => health.get(target) ?? unknown }
}

const unknown: TargetHealth = { admit: 'normal', errorRatio: 0, samples: 0, inFlight: 0, share: 1, breaker: 'closed' }

function healthOf({
  waits,
  errors,
  attempts,
}: {
  readonly waits: readonly number[]
  readonly errors: number
  readonly attempts: number
}): TargetHealth {
  const sorted = waits.toSorted((left, right) => left - right)
  const quantile = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0
  const errorRatio = attempts === 0 ? 0 : errors / attempts
  const known = { ...unknown, errorRatio, samples: attempts }
  if (sorted.length === 0) return known
  const latency = { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) }
  return { ...known, times: { firstTokenMs: () => undefined, latencyMs: () => latency, expectMs: () => latency.p50 } }
}
