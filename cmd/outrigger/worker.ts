import type { StatusFacts } from '#admin/status-facts.ts'
import type { Observer } from '#canonical/observe.ts'
import type { Health } from '#health/registry.ts'
import type { Clock } from '#lib/clock.ts'
import { createRemoteStore, type RemoteStore } from '#state/remote.ts'
import { metricsData } from '#telemetry/merge-metrics.ts'
import type { Metrics } from '#telemetry/metrics.ts'
import type { AlertNews } from './group-alerts.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

/** This process as one of several workers. */
export type Worker = {
  readonly store: RemoteStore
  readonly ready: () => void
  readonly drain: () => void
  /** Calls `tell` if this worker is the one of the group to tell of it. */
  readonly tellOnce: (news: AlertNews, tell: () => void) => void
  /** Tells the others of a reload that was taken back here. */
  readonly tellTakenBack: (digest: string, reason: string) => void
  readonly onTakenBack: (listener: (digest: string, reason: string) => void) => void
  /** The end: the channel to the primary would keep the process. */
  readonly leave: () => void
  /** Tells the others of attempts that failed, and hears of theirs. */
  readonly share: (parts: {
    readonly health: Health
    readonly metrics: Metrics
    readonly clock: Clock
    readonly sample: () => void
    readonly status: () => StatusFacts
  }) => Observer
}

/** The variable that names the operators' port of a worker. */
export const workerAdmin = 'OUTRIGGER_WORKER_ADMIN'

/** Undefined for a process that runs alone. */
export function asWorker(): Worker | undefined {
  // The channel to the primary tells it, too, without loading node:cluster.
  if (process.send === undefined || process.env[workerAdmin] === undefined) return undefined
  const send = (message: FromWorker): void => {
    if (process.connected) process.send?.(message)
  }
  const store = createRemoteStore(send, Date.now)
  return {
    store,
    ready: () => send({ kind: 'ready' }),
    drain: () => send({ kind: 'drain' }),
    tellOnce: onceInGroup(send),
    tellTakenBack: (digest, reason) => send({ kind: 'taken_back', digest, reason }),
    onTakenBack(listener) {
      process.on('message', (message: ToWorker) => {
        if (message.kind === 'taken_back') listener(message.digest, message.reason)
      })
    },
    leave: () => process.connected && process.disconnect?.(),
    share({ health, metrics, clock, sample, status }) {
      process.on('message', (message: ToWorker) => {
        switch (message.kind) {
          case 'attempt':
            return hear(message, health, clock)
          case 'metrics':
            sample()
            return void metricsData(metrics.registry).then((data) => send({ kind: 'metrics', id: message.id, data }))
          case 'status':
            return send({ kind: 'status', id: message.id, facts: status() })
          case 'taken_back':
          case 'tell_alert':
            return
          default:
            return store.receive(message)
        }
      })
      return (event) => {
        if (event.kind === 'attempt_ended' && event.outcome !== 'ok' && event.outcome !== 'abandoned')
          send({ kind: 'attempt', event })
      }
    },
  }
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
    waiting.set(`${news.status} ${news.key}`, { id, tell })
    send({ kind: 'alert', id, news })
  }
}

/** Another worker's attempt, by this process's clock. Its beginning is told too, so that what is under way is counted right. */
function hear({ event }: Extract<ToWorker, { readonly kind: 'attempt' }>, health: Health, clock: Clock): void {
  const atMs = clock.now()
  const { requestId, route, target, keyIndex } = event
  health.observe({ kind: 'attempt_started', requestId, route, target, keyIndex, number: 1, atMs })
  health.observe({ ...event, atMs })
}
