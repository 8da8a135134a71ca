import type { ToWorker } from './worker-messages.ts'

/** A question that is put to all workers. */
export type Question<T> = {
  /** What those said that answered in time. */
  readonly ask: (workers: readonly { readonly send: (message: ToWorker) => unknown }[]) => Promise<readonly T[]>
  /** One of them answered. */
  readonly answered: (id: number, data: T) => void
}

// A worker that is busy has this long; the others are told of without it.
const longestMs = 2000

export function createQuestion<T>(kind: 'metrics' | 'status'): Question<T> {
  const open = new Map<number, (data: T) => void>()
  let next = 0
  return {
    ask(workers) {
      const { promise, resolve } = Promise.withResolvers<readonly T[]>()
      const id = next++
      const answers: T[] = []
      const end = (): void => {
        clearTimeout(timer)
        open.delete(id)
        resolve(answers)
      }
      const timer = setTimeout(end, longestMs)
      open.set(id, (data) => {
        answers.push(data)
        if (answers.length === workers.length) end()
      })
      for (const worker of workers) worker.send({ kind, id })
      if (workers.length === 0) end()
      return promise
    },
    answered: (id, data) => open.get(id)?.(data),
  }
}
