import type { StatusFacts } from '#admin/status-facts.ts'
import type { Observer } from '#canonical/observe.ts'
import type { TargetId } from '#canonical/plan.ts'
import type { Current } from '#config/current.ts'
import type { Alerts } from '#health/alerts.ts'
import type { ProbeResult, Prober } from '#health/prober.ts'
import type { Health } from '#health/registry.ts'
import { createTally } from '#health/tally.ts'
import type { Clock } from '#lib/clock.ts'
import { createRemoteStore, type RemoteStore } from '#state/remote.ts'
import type { Logger } from '#telemetry/log.ts'
import { metricsData } from '#telemetry/merge-metrics.ts'
import type { Metrics } from '#telemetry/metrics.ts'
import type { AlertNews } from './group-alerts.ts'
import type { Guard } from './guard-reloads.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'
import { createWorkerReloads, type WorkerReloads } from './worker-reloads.ts'

/** This process as one of several workers. */
export type Worker = {
  readonly store: RemoteStore
  readonly reloads: WorkerReloads
  readonly ready: () => void
  /** Asks the primary to drain all. */
  readonly drain: () => void
  /** This one has closed the clients' port and will end. Resolves when no connection is on its way to it any more. */
  readonly released: () => Promise<void>
  /** Calls `tell` if this worker is the one of the group to tell of it. */
  readonly tellOnce: (news: AlertNews, tell: () => void) => void
  /** Tells the others what a probe came to. */
  readonly tellProbe: (provider: string, result: ProbeResult) => void
  /** What error rates are made of: the others hear of it within half a second. */
  readonly count: (name: string, isError: boolean) => void
  /** The end: the channel to the primary would keep the process. */
  readonly leave: () => void
  /** From now on it hears what the primary tells, and tells the others of attempts that failed. */
  readonly share: (parts: WorkerParts) => Observer
}

/** What hears of the other workers, and what the primary asks for. */
export type WorkerParts = {
  readonly current: Current
  readonly guard: Guard
  readonly health: Health
  readonly prober: Prober
  readonly alerts: Pick<Alerts, 'hear' | 'adopt'>
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
  readonly sample: () => void
  readonly status: () => StatusFacts
}

/** The variable by which a process knows that it is a worker. */
export const workerVariable = 'OUTRIGGER_IS_WORKER'

/** Undefined for a process that runs alone. */
export function asWorker(): Worker | undefined {
  // The channel to the primary tells it, too, without loading node:cluster.
  if (process.send === undefined || process.env[workerVariable] === undefined) return undefined
  const send = (message: FromWorker): void => {
    if (process.connected) process.send?.(message)
  }
  const store = createRemoteStore(send, Date.now)
  const reloads = createWorkerReloads(send)
  const told = createTellOnce(send)
  const released = Promise.withResolvers<void>()
  return {
    store,
    reloads,
    ready: () => send({ kind: 'ready' }),
    drain: () => send({ kind: 'drain' }),
    released() {
      // Messages keep their order: what comes after the answer was sent by a primary that knows that this port is closed.
      send({ kind: 'draining' })
      return released.promise
    },
    tellOnce: told.ask,
    tellProbe: (provider, result) => send({ kind: 'probed', provider, result }),
    count: createCounter(send),
    leave: () => process.connected && process.disconnect?.(),
    share(parts) {
      const group: Group = { send, store, reloads, tell: told.granted, released: released.resolve }
      process.on('message', (message: ToWorker) => hear(message, group, parts))
      parts.log.on('level-change', (level: string) => send({ kind: 'log_level', level }))
      tellUse(send, parts.health)
      return tellFailures(send)
    },
  }
}

type Group = {
  readonly send: (message: FromWorker) => void
  readonly store: RemoteStore
  readonly reloads: WorkerReloads
  /** This worker is the one to tell of it. */
  readonly tell: (id: number) => void
  readonly released: () => void
}

function hear(message: ToWorker, { send, store, reloads, tell, released }: Group, parts: WorkerParts): void {
  const { health, alerts, metrics, clock, log, guard } = parts
  switch (message.kind) {
    case 'attempt':
      // By this process's clock.
      return health.failedElsewhere({ ...message.event, atMs: clock.now() }, message.answered)
    case 'use':
      return health.hearUse(message.from, message.uses, clock.now())
    case 'gone':
      return health.forgetUse(message.worker)
    case 'counts':
      return alerts.hear(message.counts)
    case 'probed':
      return parts.prober.hear(message.provider, message.result)
    case 'metrics':
      parts.sample()
      return void metricsData(metrics.registry).then((data) => send({ kind: 'metrics', id: message.id, data }))
    case 'status':
      return send({ kind: 'status', id: message.id, facts: parts.status() })
    case 'log_level':
      log.level = message.level
      return
    case 'reload':
      return reloads.take(message.turn, parts)
    case 'taken_back':
      return guard.takeBack(message.id, message.reason)
    case 'tell_alert':
      return tell(message.id)
    case 'adopt_alert':
      return alerts.adopt(message.orphan.notice, message.orphan.forMs)
    case 'released':
      return released()
    // The answer to `begin` was taken before.
    case 'begin':
      return
    default:
      store.receive(message)
  }
}

type TellOnce = {
  readonly ask: Worker['tellOnce']
  /** The primary lets this worker tell it. */
  readonly granted: (id: number) => void
}

function createTellOnce(send: (message: FromWorker) => void): TellOnce {
  // What is not told stays here until the same is told: alerts are few.
  const waiting = new Map<string, { readonly id: number; readonly tell: () => void }>()
  let lastId = 0
  return {
    ask(news, tell) {
      const id = ++lastId
      waiting.set(`${news.notice.status} ${news.key}`, { id, tell })
      send({ kind: 'alert', id, news })
    },
    granted(asked) {
      for (const [key, { id, tell }] of waiting) {
        if (id !== asked) continue
        waiting.delete(key)
        tell()
      }
    },
  }
}

const countsEveryMs = 500

/** Gathers what is counted, so that the others are told a few times a second and not for each request. */
function createCounter(send: (message: FromWorker) => void): Worker['count'] {
  const tally = createTally()
  let isDue = false
  const tell = (): void => {
    isDue = false
    send({ kind: 'counts', counts: tally.take() })
  }
  return (name, isError) => {
    tally.add(name, isError)
    if (isDue) return
    isDue = true
    setTimeout(tell, countsEveryMs).unref()
  }
}

// Wildcard routes let clients name models.
const mostTargets = 5000

/** Each failure with the answers before it: without them a target that fails now and then would look to the others as if it only failed. */
function tellFailures(send: (message: FromWorker) => void): Observer {
  const answered = new Map<TargetId, number>()
  return (event) => {
    if (event.kind !== 'attempt_ended' || event.outcome === 'abandoned') return
    const { id } = event.target
    const answers = answered.get(id) ?? 0
    if (event.outcome !== 'ok') {
      answered.delete(id)
      send({ kind: 'attempt', event, answered: answers })
    } else if (answers > 0 || answered.size < mostTargets) answered.set(id, answers + 1)
  }
}

const useEveryMs = 10

/** Tells the others what is used of providers' accounts, where the routing file limits them. */
function tellUse(send: (message: FromWorker) => void, health: Health): void {
  let isDue = false
  const tell = (): void => {
    isDue = false
    send({ kind: 'use', uses: health.takeUse() })
  }
  health.onUse(() => {
    if (isDue) return
    isDue = true
    setTimeout(tell, useEveryMs).unref()
  })
}
