import type { Config } from '#config/config.ts'
import type { ReloadState } from '#config/current.ts'
import type { TargetStatus } from '#health/registry.ts'
import type { Lifecycle } from './routes.ts'

export type StatusFacts = {
  readonly version: string
  readonly startedAtMs: number
  readonly lifecycle: Lifecycle
  readonly config: Config
  readonly reload: ReloadState
  readonly targets: readonly TargetStatus[]
  readonly inFlight: number
  readonly queued: number
}

/** `/status`: where everything stands, for people and programs. */
export function statusView(facts: StatusFacts): unknown {
  const { config, reload, lifecycle } = facts
  return {
    version: facts.version,
    started_at: new Date(facts.startedAtMs).toISOString(),
    state: lifecycle.draining ? 'draining' : lifecycle.started ? 'running' : 'starting',
    in_flight: facts.inFlight,
    queued: facts.queued,
    config: {
      path: config.path,
      digest: config.digest,
      loaded_at: new Date(config.loadedAtMs).toISOString(),
      last_reload: { at: new Date(reload.atMs).toISOString(), ok: reload.ok, problems: reload.problems },
    },
    targets: facts.targets.map((target) => ({
      target: target.target,
      provider: target.provider,
      breaker: target.breaker,
      reason: target.reason,
      rests_for_ms: Math.round(target.restsForMs),
      error_ratio: target.errorRatio,
      samples: target.samples,
      in_flight: target.inFlight,
      share: target.share,
      latency_ms: target.latencyMs,
      first_token_ms: target.firstTokenMs,
    })),
    models: config.models.map(({ name, strategy, targets }) => ({ name, strategy, targets: targets.map(({ id }) => id) })),
  }
}
