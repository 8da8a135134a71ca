import type { Give, Store, Take, Taken } from './store.ts'

/** What a store and its remote side say to each other. */
export type StoreMessage =
  | { readonly kind: 'store_take'; readonly id: number; readonly takes: readonly Take[] }
  | { readonly kind: 'store_taken'; readonly id: number; readonly taken: Taken }
  | { readonly kind: 'store_give'; readonly gives: readonly Give[] }

export type RemoteStore = Store & {
  /** An answer of the other side. */
  readonly receive: (message: StoreMessage) => void
}

// The other side is a process of the same machine: when it is this late it is gone.
const timeoutMs = 2000

/** A store that another process keeps: the workers of one machine count together. */
export function createRemoteStore(send: (message: StoreMessage) => void, nowMs: () => number): RemoteStore {
  const waiting = new Map<number, (taken: Taken) => void>()
  let nextId = 0
  return {
    take(takes) {
      const id = nextId++
      const { promise, resolve } = Promise.withResolvers<Taken>()
      const settle = (taken: Taken): void => {
        clearTimeout(timer)
        waiting.delete(id)
        resolve(taken)
      }
      const timer = setTimeout(() => settle({ ok: false, refused: -1, used: 0, retryAfterMs: timeoutMs }), timeoutMs)
      waiting.set(id, settle)
      send({ kind: 'store_take', id, takes })
      return promise
    },
    give(gives) {
      send({ kind: 'store_give', gives })
    },
    receive(message) {
      if (message.kind === 'store_taken') waiting.get(message.id)?.(message.taken)
    },
    nowMs,
    close: () => Promise.resolve(),
  }
}

/** The side that keeps the store: answers what workers ask. */
export async function serveStore(store: Store, message: StoreMessage, answer: (message: StoreMessage) => void): Promise<void> {
  if (message.kind === 'store_take') answer({ kind: 'store_taken', id: message.id, taken: await store.take(message.takes) })
  else if (message.kind === 'store_give') store.give(message.gives)
}
