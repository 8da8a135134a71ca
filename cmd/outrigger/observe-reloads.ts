import type { Config } from '#config/config.ts'
import type { Current } from '#config/current.ts'
import type { Health } from '#health/registry.ts'
import type { Logger } from '#telemetry/log.ts'
import type { Metrics } from '#telemetry/metrics.ts'
import type { Pools } from '#upstream/pools.ts'

export type ReloadDeps = {
  readonly current: Current
  readonly health: Health
  readonly pools: Pools
  readonly metrics: Metrics
  readonly log: Logger
}

/** What a new routing file changes in rooms that keep something, and how reloads are told. */
export function observeReloads({ current, health, pools, metrics, log }: ReloadDeps): void {
  current.subscribe((state, config) => {
    metrics.configReloads.inc({ result: state.ok ? 'taken' : 'refused' })
    metrics.configLastReloadSuccessful.set(state.ok ? 1 : 0)
    if (!state.ok) {
      log.error({ problems: state.problems }, 'config refused, the last good one stays')
      return
    }
    health.reconfigure(config)
    pools.configure({ connectTimeoutMs: config.timeouts.connect })
    pools.keepOnly(addressesOf(config))
    if (log.levels.values[config.log.level] !== undefined) log.level = config.log.level
    for (const problem of state.problems) log.warn({ problem }, 'config warning')
    log.info({ config: config.path, digest: config.digest() }, 'config reloaded')
  })
}

/** Where providers are reached, and where their status pages are. */
export function addressesOf({ providers }: Config): readonly string[] {
  return [...providers.values()].flatMap(({ baseUrl, type, health }) => {
    const statusUrl = health?.status_url ?? type.statusUrl
    return statusUrl === undefined ? [baseUrl] : [baseUrl, new URL(statusUrl).origin]
  })
}
