import type { Clock } from '#lib/clock.ts'

/** What keeps the relay alive under more load than it can take. */
export type AdmissionLimits = {
  /** Requests that run at the same time. */
  readonly maxConcurrent: number
  /** Requests that may wait for a place. */
  readonly queue: number
  /** How long they may wait, in milliseconds. */
  readonly queueTimeoutMs: number
}

export type Priority = 'low' | 'normal' | 'high'

export type Admitted =
  | { readonly kind: 'admitted'; readonly release: () => void }
  | { readonly kind: 'shed'; readonly reason: 'queue_full' | 'queue_timeout' }

export type Admission = {
  /** Waits for a place. Who is admitted must call `release` once. */
  readonly enter: (priority: Priority) => Promise<Admitted>
  readonly inFlight: () => number
  readonly queued: () => number
}

type Waiting = {
  readonly priority: Priority
  readonly admit: () => void
  readonly shed: (reason: 'queue_full' | 'queue_timeout') => void
}

const order: Readonly<Record<Priority, number>> = { low: 0, normal: 1, high: 2 }

/**
 * Bounds how many requests run and how many wait. Of those that wait, the higher priority goes first, among equals the
 * one that came first; when the queue is full, the one with the lowest priority that came last is turned away.
 */
export function createAdmission(limits: () => AdmissionLimits, clock: Clock): Admission {
  let running = 0
  const waiting: Waiting[] = []

  const released = (): (() => void) => {
    let once = false
    return () => {
      if (once) return
      once = true
      running--
      while (running < limits().maxConcurrent && waiting.length > 0) waiting.shift()?.admit()
    }
  }
  const enqueue = (entry: Waiting): void => {
    const after = waiting.findIndex((other) => order[other.priority] < order[entry.priority])
    if (after < 0) waiting.push(entry)
    else waiting.splice(after, 0, entry)
    if (waiting.length > limits().queue) waiting.pop()?.shed('queue_full')
  }
  return {
    enter(priority) {
      if (running < limits().maxConcurrent) {
        running++
        return Promise.resolve({ kind: 'admitted', release: released() })
      }
      const { promise, resolve } = Promise.withResolvers<Admitted>()
      const cancel = clock.after(limits().queueTimeoutMs, () => {
        waiting.splice(waiting.indexOf(entry), 1)
        resolve({ kind: 'shed', reason: 'queue_timeout' })
      })
      const entry: Waiting = {
        priority,
        admit() {
          cancel()
          running++
          resolve({ kind: 'admitted', release: released() })
        },
        shed(reason) {
          cancel()
          resolve({ kind: 'shed', reason })
        },
      }
      enqueue(entry)
      return promise
    },
    inFlight: () => running,
    queued: () => waiting.length,
  }
}
