import type { ChildProcess } from 'node:child_process'
import { isObject } from '#lib/json.ts'

/**
 * node:cluster hands each connection over to a worker and forgets it when that worker dies before it has taken it: its client
 * would wait without end. Gives what closes such a connection, so that its client can ask anew. There is one at most, since the
 * next one is handed over when the last one was taken; one that was taken is closed on this side already.
 */
export function watchHandedOver(worker: ChildProcess): () => void {
  const send = worker.send.bind(worker)
  let last: unknown
  Object.defineProperty(worker, 'send', {
    value(...args: readonly unknown[]): unknown {
      if (args[1] !== undefined) last = args[1]
      return Reflect.apply(send, worker, args)
    },
  })
  return () => {
    const close = isObject(last) ? Reflect.get(last, 'close') : undefined
    if (typeof close === 'function') Reflect.apply(close, last, [])
    last = undefined
  }
}
