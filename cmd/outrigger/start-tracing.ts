import type { Config, ProviderConfig } from '#config/config.ts'
import type { Current } from '#config/current.ts'
import type { Health } from '#health/registry.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#telemetry/log.ts'
import type { ProviderFacts } from '#telemetry/span-attributes.ts'
import type { BreakerChange } from '#telemetry/trace.ts'
import { createTracing, type Tracing } from '#telemetry/tracing.ts'

export type StartTracingDeps = {
  readonly current: Current
  readonly health: Health
  readonly clock: Clock
  readonly log: Logger
  readonly version: string
}

/** Traces as the routing file has them, from a reload on too. `ready` resolves when the first requests are traced. */
export function startTracing(deps: StartTracingDeps): Tracing & { readonly ready: Promise<void> } {
  const { current, health, clock, log, version } = deps
  const changes = new Map<string, BreakerChange>()
  health.onTransition(({ target, from, to, reason, atMs }) =>
    changes.set(target, { target, from, to, atMs, ...(reason === undefined ? {} : { reason: reason.kind }) }),
  )
  const tracing = createTracing({
    version,
    provider: (name) => factsOf(current.get(), name),
    lastChange: (target) => changes.get(target),
    epochMs: () => Date.now() - clock.now(),
    onProblem: (reason) => log.warn({ reason }, 'traces not sent'),
  })
  const follow = ({ telemetry }: Config): Promise<void> =>
    tracing.reconfigure(telemetry).catch((error: unknown) => log.error({ err: error }, 'traces cannot be sent'))
  current.subscribe((state, config) => {
    if (state.ok) void follow(config)
  })
  return { ...tracing, ready: follow(current.get()) }
}

// A URL is not parsed for each attempt that is traced.
const known = new WeakMap<ProviderConfig, ProviderFacts>()

/** What the routing file says of a provider; undefined for one that a reload has taken out. */
function factsOf({ providers }: Config, name: string): ProviderFacts | undefined {
  const provider = providers.get(name)
  if (provider === undefined) return undefined
  const before = known.get(provider)
  if (before !== undefined) return before
  const url = URL.parse(provider.baseUrl)
  if (url === null) return undefined
  const usual = url.protocol === 'https:' ? 443 : 80
  const facts = { type: provider.type.type, address: url.hostname, port: url.port === '' ? usual : Number(url.port) }
  known.set(provider, facts)
  return facts
}
