import type { StatusFacts } from '#admin/status-facts.ts'
import type { Observer } from '#canonical/observe.ts'
import type { TargetId } from '#canonical/plan.ts'
import type { Alerts } from '#health/alerts.ts'
import type { ProbeResult, Prober } from '#health/prober.ts'
import type { Health } from '#health/registry.ts'
import { createTally } from '#health/tally.ts'
import type { Clock } from '#lib/clock.ts'
import { createRemoteStore, type RemoteStore } from '#state/remote.ts'
import { metricsData } from '#telemetry/merge-metrics.ts'
import type { Metrics } from '#telemetry/metrics.ts'
import type { AlertNews, Orphan } from './group-alerts.ts'
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
  /** Hears of alerts that only a worker saw that is gone. */
  readonly onOrphan: (listener: (orphan: Orphan) => void) => void
  /** Tells the others what a probe came to, and hears of theirs. */
  readonly tellProbe: (provider: string, result: ProbeResult) => void
  readonly onProbe: (listener: Prober['hear']) => void
  /** What error rates are made of: the others hear of it within half a second. */
  readonly count: (name: string, isError: boolean) => void
  /** The end: the channel to the primary would keep the process. */
  readonly leave: () => void
  /** Tells the others of attempts that failed, and hears of theirs. */
  readonly share: (parts: {
    readonly health: Health
    readonly alerts: Pick<Alerts, 'hear'>
    readonly metrics: Metrics
    readonly clock: Clock
    readonly sample: () => void
    readonly status: () => StatusFacts
  }) => Observer
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
  return {
    store,
    reloads: createWorkerReloads(send),
    ready: () => send({ kind: 'ready' }),
    drain: () => send({ kind: 'drain' }),
    released: () => askRelease(send),
    tellOnce: onceInGroup(send),
    onOrphan(listener) {
      process.on('message', (message: ToWorker) => {
        if (message.kind === 'adopt_alert') listener(message.orphan)
      })
    },
    tellProbe: (provider, result) => send({ kind: 'probed', provider, result }),
    onProbe(listener) {
      process.on('message', (message: ToWorker) => {
        if (message.kind === 'probed') listener(message.provider, message.result)
      })
    },
    count: createCounter(send),
    leave: () => process.connected && process.disconnect?.(),
    share({ health, alerts, metrics, clock, sample, status }) {
      process.on('message', (message: ToWorker) => {
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
          case 'metrics':
            sample()
            return void metricsData(metrics.registry).then((data) => send({ kind: 'metrics', id: message.id, data }))
          case 'status':
            return send({ kind: 'status', id: message.id, facts: status() })
          case 'store_taken':
            return store.receive(message)
          default:
            return
        }
      })
      tellUse(send, health)
      return tellFailures(send)
    },
  }
}

/** Messages keep their order: what comes after the answer was sent by a primary that knows that this port is closed. */
function askRelease(send: (message: FromWorker) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'released') resolve()
  })
  send({ kind: 'draining' })
  return promise
}

function onceInGroup(send: (message: FromWorker) => void): Worker['tellOnce'] {
  // What is not told stays here until the same is told: alerts are few.
  const waiting = new Map<string, { readonly id: number; readonly tell: () => void }>()
  let lastId = 0
  process.on('message', (message: ToWorker) => {
    if (message.kind !== 'tell_alert') return
    for (const [key, { id, tell }] of waiting) {
      if (id !== message.id) continue
      waiting.delete(key)
      tell()
    }
  })
  return (news, tell) => {
    const id = ++lastId
    waiting.set(`${news.notice.status} ${news.key}`, { id, tell })
    send({ kind: 'alert', id, news })
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
