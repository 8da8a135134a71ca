import type { Config } from '#config/config.ts'
import type { ReloadState } from '#config/current.ts'
import type { Firing } from '#health/alert-board.ts'
import type { KeyStatus } from '#health/key-status.ts'
import type { Recent, RecentFailover, RecentProbe, RecentTraffic } from '#health/recent.ts'
import type { TargetStatus } from '#health/registry.ts'
import type { UsageDay } from '#usage/ledger.ts'
import type { Lifecycle } from './routes.ts'
import type { TargetFacts, TargetHealthFacts } from './target-view.ts'

/** What one process knows of itself, as plain data: it can be sent to another process. Moments in milliseconds since the epoch. */
export type StatusFacts = {
  /** The host's name, to tell instances apart. */
  readonly instance: string
  readonly version: string
  /** How many processes these are the facts of. */
  readonly workers: number
  readonly startedAtMs: number
  readonly nowMs: number
  readonly lifecycle: Lifecycle
  readonly config: ConfigFacts
  readonly reload: ReloadState
  /** Those of the file in its order, then those that clients named. */
  readonly targets: readonly TargetFacts[]
  /** Of each provider's pool, by their places in it. */
  readonly keys: readonly KeyStatus[]
  /** The last probe of each provider that is probed. */
  readonly probes: Readonly<Record<string, RecentProbe>>
  readonly traffic: RecentTraffic
  readonly costs: CostFacts
  readonly failovers: readonly RecentFailover[]
  readonly alerts: readonly AlertFacts[]
  /** Left out without a cache. */
  readonly cache?: CacheView | undefined
  /** What was used, the latest day first. */
  readonly usage?: readonly UsageDay[] | undefined
  readonly inFlight: number
  readonly queued: number
}

/** What the cache keeps in this process. */
export type CacheView = {
  readonly entries: number
  readonly bytes: number
  readonly max_bytes: number
  /** Where vectors are, and what those in this process take. */
  readonly semantic?: { readonly vectors: 'memory' | 'redis'; readonly bytes: number }
}

export type AlertFacts = Pick<Firing, 'alert' | 'target' | 'text' | 'sinceMs'>

/** In USD; `wasted` by its reason. */
export type CostFacts = {
  readonly sinceMs: number
  readonly usd: number
  readonly savedUsd: number
  readonly promptCacheSavedUsd: number
  readonly wasted: Readonly<Record<string, number>>
}

type ConfigFacts = Pick<Config, 'path' | 'loadedAtMs'> & {
  readonly digest: string
  readonly models: readonly { readonly name: string; readonly strategy: string; readonly targets: readonly string[] }[]
}

/** Where the facts come from. */
export type StatusSources = Pick<
  StatusFacts,
  'instance' | 'version' | 'startedAtMs' | 'lifecycle' | 'reload' | 'keys' | 'cache' | 'usage' | 'inFlight' | 'queued'
> & {
  readonly config: Config
  readonly targets: readonly TargetStatus[]
  readonly recent: Omit<Recent, 'observe' | 'probed' | 'spent'>
  /** Since when by the monotonic clock. */
  readonly alerts: readonly Firing[]
  /** Now, in milliseconds since the epoch and by the monotonic clock. */
  readonly wallNowMs: number
  readonly nowMs: number
}

export function statusFacts(sources: StatusSources): StatusFacts {
  const { instance, version, startedAtMs, lifecycle, reload, inFlight, queued, config, recent, wallNowMs, nowMs } = sources
  const { sinceMs, usd, savedUsd, promptCacheSavedUsd, wasted } = recent.costs()
  const providers = [...config.providers.keys()]
  return {
    instance,
    version,
    workers: 1,
    startedAtMs,
    nowMs: wallNowMs,
    lifecycle,
    config: {
      path: config.path,
      digest: config.digest(),
      loadedAtMs: config.loadedAtMs,
      models: config.models.map(({ name, strategy, targets }) => ({ name, strategy, targets: targets.map(({ id }) => id) })),
    },
    reload,
    targets: targetsOf(sources),
    keys: sources.keys,
    probes: Object.fromEntries(
      providers.flatMap((provider) => {
        const probe = recent.probe(provider)
        return probe === undefined ? [] : [[provider, probe]]
      }),
    ),
    traffic: recent.traffic(),
    costs: { sinceMs, usd, savedUsd, promptCacheSavedUsd, wasted: Object.fromEntries(wasted) },
    failovers: recent.failovers(),
    alerts: sources.alerts.map(({ alert, target, text, sinceMs: since }) => ({
      alert,
      target,
      text,
      sinceMs: wallNowMs - (nowMs - since),
    })),
    cache: sources.cache,
    usage: sources.usage,
    inFlight,
    queued,
  }
}

function targetsOf({ config, targets, recent }: StatusSources): readonly TargetFacts[] {
  const byId = new Map(targets.map((target) => [target.target, target]))
  const named = config.models.flatMap((model) => model.targets).filter(({ id }) => !id.includes('*'))
  const providers = new Map(named.map(({ id, provider }) => [id, provider]))
  for (const { target, provider } of targets) providers.set(target, provider)
  const { byTarget } = recent.costs()
  return [...providers].map(([target, provider]) => {
    const health = byId.get(target)
    const isOut = health !== undefined && health.breaker !== 'closed'
    return {
      target,
      provider,
      health: health === undefined ? undefined : healthOf(health),
      recent: recent.target(target, isOut),
      costUsd: byTarget.get(target) ?? 0,
    }
  })
}

function healthOf({ breaker, reason, restsForMs, errorRatio, samples, inFlight, share, times }: TargetStatus): TargetHealthFacts {
  return {
    breaker,
    ...(reason === undefined ? {} : { reason }),
    restsForMs,
    errorRatio,
    samples,
    inFlight,
    share,
    latencyMs: times?.latencyMs(),
    firstTokenMs: times?.firstTokenMs(),
  }
}
