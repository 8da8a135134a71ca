import type { FailureKind } from '#canonical/failure.ts'
import type { AttemptEnded, Observer, RelayEvent } from '#canonical/observe.ts'
import type { Target, TargetId } from '#canonical/plan.ts'
import type { Clock } from '#lib/clock.ts'
import { createLru } from '#lib/lru.ts'
import { requestFailed } from './blame.ts'
import { createDayCosts, type DayCosts } from './day-costs.ts'
import type { ProbeResult } from './prober.ts'
import { createSeries, type Point, type Series, type Tally } from './series.ts'
import { afterAttempt, type Episode, failedAt, ongoing, type Trouble } from './trouble.ts'

/** A request moved to another target. */
export type RecentFailover = {
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly requestId: string
  readonly route: string
  readonly from: TargetId
  readonly to: TargetId
  readonly reason: FailureKind
  /** What the failed target said; absent when it was not asked. */
  readonly trouble?: Trouble
}

/** What the last half hour showed of one target. */
export type RecentTarget = {
  readonly target: TargetId
  /** Over the last minute. */
  readonly minute: Tally
  /** Over the last five minutes. */
  readonly fiveMinutes: Tally
  /** The last half hour, oldest first, a point for each 30 s. */
  readonly points: readonly Point[]
  /** When and how it fails, while it does. */
  readonly episode?: Episode
}

/** The last probe of a provider. Times in milliseconds since the epoch. */
export type RecentProbe = ProbeResult & { readonly atMs: number; readonly failingSinceMs?: number }

/** Requests of clients; `failed` are those that got an error or half an answer through no fault of theirs. */
export type RecentTraffic = { readonly minute: Tally; readonly fiveMinutes: Tally }

/** What people want to know of the last half hour and of today. Bounded memory; nothing here decides anything. */
export type Recent = {
  readonly observe: Observer
  /** Undefined for a target that no request went to. `isOut`: it is out of the rotation. */
  readonly target: (target: TargetId, isOut: boolean) => RecentTarget | undefined
  readonly traffic: () => RecentTraffic
  /** The newest first. */
  readonly failovers: () => readonly RecentFailover[]
  readonly costs: DayCosts['today']
  /** Money that was spent beside the requests of clients. */
  readonly spent: DayCosts['add']
  /** A probe of the provider ended. */
  readonly probed: (provider: string, result: ProbeResult) => void
  readonly probe: (provider: string) => RecentProbe | undefined
}

/** `clock` for stretches of time, `wallNowMs` (milliseconds since the epoch) for moments that people read. */
export type RecentDeps = { readonly clock: Clock; readonly wallNowMs: () => number }

type Known = { readonly series: Series; episode: Episode | undefined; lastRequestId: string }

const slotMs = 10_000
const slotCount = 180
const slotsInMinute = 6
const slotsInPoint = 3
/** Seconds that a point of `RecentTarget.points` stands for. */
export const pointSeconds = (slotMs * slotsInPoint) / 1000
// Wildcard routes let clients name models: what is kept of them must have an end.
const mostTargets = 500
const mostFailovers = 20

export function createRecent({ clock, wallNowMs }: RecentDeps): Recent {
  const targets = createLru<TargetId, Known>(mostTargets)
  const requests = createSeries(slotMs, slotCount)
  const failovers: RecentFailover[] = []
  const probes = new Map<string, RecentProbe>()
  const costs = createDayCosts(wallNowMs)

  const of = (target: Target): Known => {
    const found = targets.get(target.id)
    if (found !== undefined) return found
    const made: Known = { series: createSeries(slotMs, slotCount), episode: undefined, lastRequestId: '' }
    targets.set(target.id, made)
    return made
  }
  const noteAttempt = (event: AttemptEnded): void => {
    const failed = failedAt(event.outcome)
    if (failed === undefined) return
    const known = of(event.target)
    known.series.add(event.atMs, { failed, durationMs: event.durationMs })
    if (failed || known.episode !== undefined) known.episode = afterAttempt(known.episode, event, wallNowMs())
    if (failed) known.lastRequestId = event.requestId
  }
  const noteFailover = ({ requestId, route, from, to, reason }: Extract<RelayEvent, { readonly kind: 'failover' }>): void => {
    const known = targets.peek(from.id)
    const trouble = known?.lastRequestId === requestId ? known.episode?.last : undefined
    const cause = trouble === undefined ? {} : { trouble }
    failovers.unshift({ atMs: wallNowMs(), requestId, route, from: from.id, to: to.id, reason, ...cause })
    failovers.length = Math.min(failovers.length, mostFailovers)
  }
  return {
    observe(event) {
      if (event.kind === 'attempt_ended') noteAttempt(event)
      else if (event.kind === 'failover') noteFailover(event)
      else if (event.kind === 'request_ended') {
        requests.add(event.atMs, { failed: requestFailed(event) === true, durationMs: event.durationMs })
        costs.add(event)
      }
    },
    target(target, isOut) {
      const known = targets.peek(target)
      if (known === undefined) return undefined
      const episode = ongoing(known.episode, wallNowMs(), isOut)
      const points = known.series.points(clock.now(), slotsInPoint)
      return { target, ...talliesOf(known.series, clock.now()), points, ...(episode === undefined ? {} : { episode }) }
    },
    traffic: () => talliesOf(requests, clock.now()),
    failovers: () => [...failovers],
    costs: costs.today,
    spent: costs.add,
    probed(provider, result) {
      const atMs = wallNowMs()
      const failingSinceMs = result.ok ? undefined : (probes.get(provider)?.failingSinceMs ?? atMs)
      probes.set(provider, { ...result, atMs, ...(failingSinceMs === undefined ? {} : { failingSinceMs }) })
    },
    probe: (provider) => probes.get(provider),
  }
}

function talliesOf(series: Series, nowMs: number): RecentTraffic {
  return { minute: series.last(nowMs, slotsInMinute), fiveMinutes: series.last(nowMs, 5 * slotsInMinute) }
}
