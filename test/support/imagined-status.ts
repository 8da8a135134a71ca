import type { Server } from 'node:http'
import { createAdmin } from '#admin/admin.ts'
import { configView } from '#admin/config-view.ts'
import { createLive } from '#admin/live.ts'
import { adminRoutes, openPaths } from '#admin/routes.ts'
import { statusFacts } from '#admin/status-facts.ts'
import { type Status, statusView } from '#admin/status-view.ts'
import type { AttemptOutcome, RelayEvent } from '#canonical/observe.ts'
import type { Target } from '#canonical/plan.ts'
import { loadText } from '#config/load.ts'
import { createAlerts } from '#health/alerts.ts'
import { createRecent } from '#health/recent.ts'
import { createHealth } from '#health/registry.ts'
import { createClock } from '#lib/clock.ts'
import { createFakeClock } from '#lib/fake-clock.ts'
import { listenOn } from '#server/listener.ts'

const routingFile = `
version: 1
providers:
  anthropic: { api_key: sk-imagined-key }
  openai: { api_key: sk-imagined-key }
  gemini: { api_key: sk-imagined-key }
  mistral: { api_key: sk-imagined-key }
models:
  smart: { targets: [anthropic/claude-opus-5-5, openai/gpt-5.6, gemini/gemini-3.7-pro] }
  fast: { strategy: latency, targets: [gemini/gemini-3.7-flash, openai/gpt-5.6-mini, mistral/mistral-small-latest] }
`

/** How a provider fails from some minutes before now. */
export type Trouble = {
  readonly provider: string
  readonly forMinutes: number
  readonly status: number
  readonly message: string
}

export type ImaginedStatus = { readonly url: string; readonly close: () => void }

export type Imagined = {
  /** How long the relay has run; default 29. */
  readonly minutes?: number
  /** Targets in the file that no request goes to; default 0. */
  readonly targets?: number
}

function manyTargets(count: number): string {
  const names = Array.from({ length: count }, (_, index) => `mistral/tuned-${String(index + 1).padStart(3, '0')}`)
  return count === 0 ? '' : `  tuned: { targets: [${names.join(', ')}] }\n`
}

/** The operator port after half an hour of imagined traffic: no waiting for it, and the same each time. */
export async function imagineStatus(troubles: readonly Trouble[], imagined: Imagined = {}): Promise<ImaginedStatus> {
  const { minutes = 29, targets = 0 } = imagined
  const simulatedMs = minutes * 60_000
  const loaded = loadText(routingFile + manyTargets(targets), { path: '/etc/outrigger/routing.yaml' })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
  const config = { ...loaded.value.config, loadedAtMs: Date.now() - simulatedMs }
  const clock = createFakeClock(1000)
  const startMs = Date.now() - simulatedMs
  const wallNowMs = (): number => startMs + clock.now()
  const random = seeded(7)
  const health = createHealth(config, { random, wallNowMs })
  const recent = createRecent({ clock, wallNowMs })
  const alerts = createAlerts([{ error_rate: 0.05, over: 300_000, min_requests: 20 }], { clock, notify() {} })
  health.onTransition(alerts.onTransition)
  const observe = (event: RelayEvent): void => {
    for (const each of [health.observe, recent.observe, alerts.observe]) each(event)
  }
  const failing = (provider: string): Trouble | undefined =>
    troubles.find((trouble) => trouble.provider === provider && clock.now() > simulatedMs - trouble.forMinutes * 60_000)

  let count = 0
  while (clock.now() < simulatedMs) {
    const route = config.models[random() < 0.6 ? 0 : 1]
    if (route !== undefined) imagineRequest({ route: route.name, targets: route.targets, requestId: `req-${++count}` })
    clock.advance(150 + 900 * random())
  }
  return serve()

  function imagineRequest(request: {
    readonly route: string
    readonly targets: readonly Target[]
    readonly requestId: string
  }): void {
    const { route, targets, requestId } = request
    let before: Target | undefined
    for (const target of targets) {
      if (health.admit(target, clock.now()) === 'refused') continue
      const trouble = failing(target.provider)
      if (before !== undefined)
        observe({ kind: 'failover', requestId, route, from: before, to: target, reason: 'overloaded', waitMs: 0 })
      const outcome: AttemptOutcome = trouble === undefined ? 'ok' : 'overloaded'
      const durationMs = trouble === undefined ? latencyOf(target.id) * (0.7 + 0.5 * random() + (random() < 0.04 ? 1 : 0)) : 40
      observe({ kind: 'attempt_started', requestId, route, target, number: 1, keyIndex: 0, atMs: clock.now() })
      clock.advance(1)
      const said = trouble === undefined ? { status: 200 } : { status: trouble.status, failure: failureOf(trouble) }
      observe({ kind: 'attempt_ended', requestId, route, target, keyIndex: 0, outcome, durationMs, atMs: clock.now(), ...said })
      if (trouble === undefined) return observe(ended(request, target, 0.002 + 0.004 * random()))
      before = target
    }
    observe(ended(request, undefined, undefined))
  }

  async function serve(): Promise<ImaginedStatus> {
    const nowMs = clock.now()
    const status = (): Status =>
      statusView(
        statusFacts({
          instance: 'relay-7f9c',
          version: '0.1.0',
          startedAtMs: startMs,
          lifecycle: { started: true, draining: false },
          config,
          reload: { atMs: startMs, ok: true, reason: 'start', problems: [] },
          targets: health.status(nowMs),
          keys: health.keyStatus(nowMs),
          recent,
          alerts: alerts.firing(),
          inFlight: minutes === 0 ? 0 : 3,
          queued: 0,
          wallNowMs: wallNowMs(),
          nowMs,
        }),
      )
    const server: Server = createAdmin({
      guard: { hosts: () => [], open: openPaths },
      routes: adminRoutes({
        lifecycle: () => ({ started: true, draining: false }),
        status,
        live: createLive({ clock: createClock(), read: status }),
        config: () => configView(config),
        metrics: () => Promise.resolve({ contentType: 'text/plain', body: '' }),
        explain: () => ({ status: 400, body: { error: 'imagined', message: 'nothing is routed here' } }),
        drain() {},
        setLogLevel: () => false,
      }),
      onBug(error) {
        throw error
      },
    })
    const listening = await listenOn(server, '127.0.0.1:0')
    if (!listening.ok) throw new Error(listening.error)
    const address = server.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    return {
      url: `http://127.0.0.1:${port}/`,
      close() {
        alerts.stop()
        server.close()
        server.closeAllConnections()
      },
    }
  }
}

function failureOf({ status, message }: Trouble): Extract<RelayEvent, { kind: 'attempt_ended' }>['failure'] & object {
  return { kind: 'overloaded', message, phase: 'headers', status }
}

function ended(
  { route, requestId }: { readonly route: string; readonly requestId: string },
  target: Target | undefined,
  costUsd: number | undefined,
): RelayEvent {
  return {
    kind: 'request_ended',
    requestId,
    route,
    dialect: 'openai-chat',
    outcome: target === undefined ? 'failed' : 'ok',
    status: target === undefined ? 502 : 200,
    stream: false,
    attempts: [],
    durationMs: 900,
    overheadMs: 0.4,
    dropped: [],
    atMs: 0,
    ...(target === undefined ? {} : { target }),
    ...(costUsd === undefined ? {} : { costUsd, savedUsd: costUsd * savedShare(route, target) }),
  }
}

/** Of what the route's first target would have cost more. */
function savedShare(route: string, target: Target | undefined): number {
  return route === 'smart' && target?.provider !== 'anthropic' ? 0.6 : 0
}

function latencyOf(target: string): number {
  if (/flash|mini|small/.test(target)) return 420
  return target.startsWith('openai') ? 1150 : 1500
}

/** The same numbers each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
