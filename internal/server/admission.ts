import type { Clock } from '#lib/clock.ts'
import { createFairQueue, type Queued } from './fair-queue.ts'
import { createLoopLag } from './loop-lag.ts'

/** What keeps the relay alive under more load than it can take. */
export type AdmissionLimits = {
  /** Requests that run at the same time. */
  readonly maxConcurrent: number
  /** Requests that may wait for a place. */
  readonly queue: number
  /** How long they may wait, in milliseconds. */
  readonly queueTimeoutMs: number
  /** How late the event loop may be, in milliseconds, before requests are turned away. */
  readonly maxLagMs: number
}

export type Priority = 'low' | 'normal' | 'high'

export type ShedReason = 'queue_full' | 'queue_timeout' | 'overloaded'

export type Admitted =
  | { readonly kind: 'admitted'; readonly release: () => void }
  | { readonly kind: 'shed'; readonly reason: ShedReason }

export type Admission = {
  /** Waits for a place. Who is admitted must call `release` once. `client` tells whose request it is, if it has to wait. */
  readonly enter: (priority: Priority, client: () => string) => Promise<Admitted>
  readonly inFlight: () => number
  readonly queued: () => number
}

type Waiting = { readonly admit: () => void; readonly shed: (reason: ShedReason) => void }

const levelOf: Readonly<Record<Priority, number>> = { low: 0, normal: 1, high: 2 }
/** By how many times the allowed lag a priority puts up with more. Whoever is not low is rather answered late than refused. */
const patienceOf: Readonly<Record<Priority, number>> = { low: 1, normal: 20, high: Number.POSITIVE_INFINITY }

/**
 * Bounds how many requests run and how many wait. Of those that wait, the higher priority goes first, and among equals their
 * clients take turns; when the queue is full, the lowest priority and there the client with most in it is turned away. When
 * the process cannot keep up, whoever comes is turned away by priority, so that those under way are finished.
 */
export function createAdmission(
  limits: () => AdmissionLimits,
  clock: Clock,
  monotonicMs: () => number = () => performance.now(),
): Admission {
  let running = 0
  const waiting = createFairQueue<Waiting>(3)
  const lag = createLoopLag(clock, () => running > 0, monotonicMs)

  const admit = (): Admitted => {
    running++
    lag.watch()
    let once = false
    return {
      kind: 'admitted',
      release() {
        if (once) return
        once = true
        running--
        while (running < limits().maxConcurrent && waiting.size() > 0) waiting.shift()?.admit()
      },
    }
  }
  const wait = (level: number, client: string): Promise<Admitted> => {
    const { promise, resolve } = Promise.withResolvers<Admitted>()
    const entry: Queued<Waiting> = {
      level,
      client,
      value: {
        admit() {
          cancel()
          resolve(admit())
        },
        shed(reason) {
          cancel()
          resolve({ kind: 'shed', reason })
        },
      },
    }
    const cancel = clock.after(limits().queueTimeoutMs, () => {
      waiting.remove(entry)
      resolve({ kind: 'shed', reason: 'queue_timeout' })
    })
    waiting.push(entry, limits().queue)?.value.shed('queue_full')
    return promise
  }
  return {
    enter(priority, client) {
      const lateMs = lag.ms()
      if (lateMs > 0 && lateMs > limits().maxLagMs * patienceOf[priority])
        return Promise.resolve({ kind: 'shed', reason: 'overloaded' })
      return running < limits().maxConcurrent ? Promise.resolve(admit()) : wait(levelOf[priority], client())
    },
    inFlight: () => running,
    queued: waiting.size,
  }
}
