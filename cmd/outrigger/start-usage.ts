import type { Observer, RequestEnded } from '#canonical/observe.ts'
import type { Config } from '#config/config.ts'
import type { Current } from '#config/current.ts'
import type { Clock } from '#lib/clock.ts'
import { reasonOf } from '#lib/reason.ts'
import type { Logger } from '#telemetry/log.ts'
import type { Metrics } from '#telemetry/metrics.ts'
import { createFileSink } from '#usage/file-sink.ts'
import { createHttpSink, type PostLines } from '#usage/http-sink.ts'
import { createLedger, type UsageLedger } from '#usage/ledger.ts'
import { type UsageKind, usageLine } from '#usage/record.ts'
import type { Sink, SinkTold } from '#usage/sink.ts'
import { quietly } from './quietly.ts'

export type StartUsageDeps = {
  readonly current: Current
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
}

/** What clients used: added up here, counted in the metrics, and written where the routing file says. */
export type StartedUsage = {
  readonly observe: Observer
  /** A vector that the cache asked for. */
  readonly embedded: (event: RequestEnded) => void
  readonly days: UsageLedger['days']
  /** Brings its gauges up to date. */
  readonly sample: () => void
  /** Writes what still waits. */
  readonly close: () => Promise<void>
}

const sinkNames = ['file', 'http'] as const
type SinkName = (typeof sinkNames)[number]

export function startUsage(deps: StartUsageDeps): StartedUsage {
  const { current, clock, log, metrics } = deps
  const ledger = createLedger({ wallNowMs: Date.now })
  const open = new Map<SinkName, { readonly sink: Sink; readonly settings: string }>()
  const closing = new Set<Promise<void>>()

  const close = (name: SinkName): void => {
    const closed = open
      .get(name)
      ?.sink.close()
      .catch((error: unknown) => log.warn({ sink: name, reason: reasonOf(error) }, 'usage records not written'))
    open.delete(name)
    if (closed === undefined) return
    closing.add(closed)
    void closed.finally(() => closing.delete(closed))
  }
  /** Sinks whose settings are the same go on with what waits in them. */
  const configure = ({ usage }: Config): void => {
    for (const name of sinkNames) {
      const settings = JSON.stringify(usage?.[name])
      if (open.get(name)?.settings === settings) continue
      close(name)
      const sink = openSink(name, usage, { clock, told: toldOf(name, log, metrics) })
      if (sink !== undefined) open.set(name, { sink, settings })
    }
  }
  const add = (event: RequestEnded, kind: UsageKind): void => {
    ledger.add(event, kind)
    countClient(metrics, event, current.get())
    if (open.size === 0) return
    const line = usageLine(event, kind, Date.now())
    for (const { sink } of open.values()) sink.add(line)
  }
  configure(current.get())
  current.subscribe(({ ok }, config) => {
    if (ok) configure(config)
  })
  return {
    observe(event) {
      if (event.kind === 'request_ended') add(event, 'request')
    },
    embedded: (event) => add(event, 'cache_embedding'),
    days: ledger.days,
    sample() {
      for (const name of sinkNames) metrics.usagePending.set({ sink: name }, open.get(name)?.sink.pending() ?? 0)
    },
    async close() {
      for (const name of sinkNames) close(name)
      await Promise.all(closing)
    },
  }
}

type SinkDeps = { readonly clock: Clock; readonly told: SinkTold }

function openSink(name: SinkName, usage: Config['usage'], deps: SinkDeps): Sink | undefined {
  if (name === 'file') return usage?.file === undefined ? undefined : createFileSink({ path: usage.file, ...deps })
  if (usage?.http === undefined) return undefined
  const settings = usage.http
  return createHttpSink({ settings, post: postWithin(settings.timeout), ...deps })
}

/** Redirects are not followed: records go to the address in the file and nowhere else. */
function postWithin(timeoutMs: number): PostLines {
  return async (url, body, headers) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal })
    await response.body?.cancel()
    return response.status
  }
}

function toldOf(sink: SinkName, log: Logger, metrics: Metrics): SinkTold {
  const failed = quietly<unknown>((error) =>
    log.warn({ sink, reason: reasonOf(error) }, 'usage records cannot be written, and wait'),
  )
  const lost = quietly<object>((facts) => log.error(facts, 'usage records lost'))
  return {
    written: (count) => metrics.usageRecords.inc({ sink, result: 'written' }, count),
    lost(count, reason) {
      metrics.usageRecords.inc({ sink, result: reason }, count)
      lost({ sink, reason, records: count })
    },
    failed,
  }
}

function countClient(metrics: Metrics, event: RequestEnded, config: Config): void {
  if (event.client === undefined) return
  const client = labelOf(event.client, config)
  const { route, outcome, usage, costUsd } = event
  metrics.clientRequests.inc({ client, route, outcome })
  if (usage !== undefined) {
    metrics.clientTokens.inc({ client, type: 'input' }, usage.input)
    metrics.clientTokens.inc({ client, type: 'output' }, usage.output)
  }
  if (costUsd !== undefined) metrics.clientCost.inc({ client, route }, costUsd)
}

const clientNames = new WeakMap<Config, ReadonlySet<string>>()

/** Clients of a token issuer are without number: the metrics tell of the issuer. */
function labelOf(name: string, config: Config): string {
  const known = clientNames.get(config) ?? new Set(config.clients.map((client) => client.name))
  clientNames.set(config, known)
  if (known.has(name)) return name
  return config.jwt.find((issuer) => name.startsWith(`${issuer.name}:`))?.name ?? 'other'
}
