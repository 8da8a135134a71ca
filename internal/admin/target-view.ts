import { tripText } from '#health/alerts.ts'
import type { RecentTarget } from '#health/recent.ts'
import type { TargetStatus } from '#health/registry.ts'
import type { Tally } from '#health/series.ts'
import type { Quantiles } from '#health/snapshot.ts'
import type { Trouble } from '#health/trouble.ts'

/**
 * How a target does, the worst first. `down`: out of the rotation. `failing`: most requests of the last minute failed.
 * `resting`: it or its key asked for a pause. `recovering`: traffic returns in steps. `degraded`: some requests fail.
 * `idle`: no request in five minutes.
 */
export const targetStates = ['down', 'failing', 'resting', 'recovering', 'degraded', 'ok', 'idle'] as const
export type TargetState = (typeof targetStates)[number]

/** What a target's breaker and its last attempts tell. */
export type TargetHealthFacts = Pick<
  TargetStatus,
  'breaker' | 'reason' | 'restsForMs' | 'errorRatio' | 'samples' | 'inFlight' | 'share'
> & {
  /** Of whole answers, and of the first tokens; left out before there was one. */
  readonly latencyMs?: Quantiles | undefined
  readonly firstTokenMs?: Quantiles | undefined
}

/** What is known of one target; `health` and `recent` are absent when no request went to it. */
export type TargetFacts = {
  readonly target: string
  readonly provider: string
  readonly health: TargetHealthFacts | undefined
  readonly recent: RecentTarget | undefined
  readonly costUsd: number
}

const failingRatio = 0.5
const degradedRatio = 0.05

export function stateOf({ health, recent }: Pick<TargetFacts, 'health' | 'recent'>): TargetState {
  return rotationState(health) ?? (recent === undefined ? 'idle' : trafficState(recent))
}

/** Where breaker and limits keep traffic away. Half-open without a share means that a trial is due. */
function rotationState(health: TargetHealthFacts | undefined): TargetState | undefined {
  if (health === undefined) return undefined
  if (health.breaker === 'open' || (health.breaker === 'half_open' && health.share === 0)) return 'down'
  if (health.breaker === 'half_open') return 'recovering'
  return health.restsForMs > 0 ? 'resting' : undefined
}

function trafficState({ minute, fiveMinutes, episode }: RecentTarget): TargetState {
  if (episode !== undefined) {
    const isBad = minute.attempts === 0 ? episode.lastFailed : ratioOf(minute) >= failingRatio
    if (isBad) return 'failing'
    if (fiveMinutes.failed > 1 && ratioOf(fiveMinutes) >= degradedRatio) return 'degraded'
  }
  return fiveMinutes.attempts === 0 ? 'idle' : 'ok'
}

function ratioOf({ attempts, failed }: Tally): number {
  return attempts === 0 ? 0 : failed / attempts
}

/** A target as `/status` shows it. */
export function targetView(facts: TargetFacts) {
  const { target, provider, health = unseen, recent, costUsd } = facts
  const state = stateOf(facts)
  const episode = state === 'ok' || state === 'idle' ? undefined : recent?.episode
  const { minute, fiveMinutes, points } = recent ?? noTraffic
  return {
    target,
    provider,
    state,
    ...(episode === undefined ? {} : { since: isoTime(episode.sinceMs), last_error: troubleView(episode.last) }),
    breaker: health.breaker,
    ...(health.reason === undefined ? {} : { reason: health.reason, reason_text: tripText(health.reason) }),
    rests_for_ms: Math.round(health.restsForMs),
    error_ratio: health.errorRatio,
    samples: health.samples,
    in_flight: health.inFlight,
    share: health.share,
    latency_ms: health.latencyMs,
    first_token_ms: health.firstTokenMs,
    requests_per_minute: minute.attempts,
    last_5m: fiveMinutes,
    cost_today_usd: costUsd,
    latency_series_ms: points.map(({ meanMs }) => (meanMs === undefined ? null : Math.round(meanMs))),
    attempts_series: points.map(({ attempts }) => attempts),
    failed_series: points.map(({ failed }) => failed),
  }
}

const unseen: TargetHealthFacts = {
  breaker: 'closed',
  restsForMs: 0,
  errorRatio: 0,
  samples: 0,
  inFlight: 0,
  share: 1,
}
const none: Tally = { attempts: 0, failed: 0 }
const noTraffic: Pick<RecentTarget, 'minute' | 'fiveMinutes' | 'points'> = { minute: none, fiveMinutes: none, points: [] }

/** An attempt's failure as `/status` shows it. */
export function troubleView({ outcome, status, message, atMs }: Trouble) {
  return { kind: outcome, ...(status === undefined ? {} : { status }), message, at: isoTime(atMs) }
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
