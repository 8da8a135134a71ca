import type { Config } from '#config/config.ts'
import type { Current } from '#config/current.ts'
import { createProber, type ProbeResult, type Prober } from '#health/prober.ts'
import type { Recent } from '#health/recent.ts'
import type { Health } from '#health/registry.ts'
import type { Clock } from '#lib/clock.ts'
import { type ProbeDeps, probeConfigOf, probeProvider } from '#relay/probe.ts'
import type { Logger } from '#telemetry/log.ts'
import type { Metrics } from '#telemetry/metrics.ts'
import type { Pools } from '#upstream/pools.ts'
import type { Worker } from './worker.ts'

export type StartProberDeps = {
  readonly current: Current
  readonly health: Health
  readonly recent: Recent
  readonly pools: Pools
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
  /** Set when several processes share the clients' port: one probe is enough for all. */
  readonly worker?: Worker | undefined
}

/** Probes every provider that has a target, on the configuration as it is then. */
export function startProber({ current, health, recent, pools, metrics, clock, log, worker }: StartProberDeps): Prober {
  const prober = createProber({
    clock,
    random: Math.random,
    probe: (name) => probe(current.get(), name, { pools, clock }),
    isTroubled: health.isTroubled,
    lastAnswerMs: health.lastAnswerMs,
    onResult(provider, result, { recovered, heard }) {
      recent.probed(provider, result)
      metrics.probeSuccess.set({ provider }, result.ok ? 1 : 0)
      if (!heard) {
        metrics.probeDuration.observe({ provider }, result.durationMs / 1000)
        if (!result.ok) log.warn({ provider, reason: result.reason }, 'probe failed')
        worker?.tellProbe(provider, result)
      }
      if (!result.ok) return health.probeFailed(provider, clock.now())
      const { keyIndex } = result
      health.probed(provider, { recovered, ...(keyIndex === undefined ? {} : { keyIndex }) }, clock.now())
    },
  })
  let watched = intervals(current.get())
  prober.watch(watched)
  current.subscribe((_state, config) => {
    const before = watched
    watched = intervals(config)
    prober.watch(watched)
    // What is not probed any more is neither well nor ill.
    for (const provider of before.keys()) if (!watched.has(provider)) metrics.probeSuccess.remove({ provider })
  })
  health.onTransition(({ target, to }) => {
    if (to === 'open') prober.hasten(target.slice(0, target.indexOf('/')))
  })
  return prober
}

function intervals(config: Config): ReadonlyMap<string, number> {
  const used = new Set(config.models.flatMap((model) => model.targets.map((target) => target.provider)))
  return new Map(
    [...config.providers.values()].flatMap((provider) => {
      const { probe, interval } = probeConfigOf(config, provider)
      return used.has(provider.name) && probe !== 'off' ? [[provider.name, interval] as const] : []
    }),
  )
}

function probe(config: Config, name: string, deps: ProbeDeps): Promise<ProbeResult> {
  const provider = config.providers.get(name)
  if (provider === undefined) return Promise.resolve({ ok: false, durationMs: 0, reason: 'no such provider' })
  return probeProvider(config, provider, deps)
}
