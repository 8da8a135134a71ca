import type { Failure } from '#canonical/failure.ts'
import { createTurnEnd } from '#lib/turn-end.ts'
import type { CallHandler, ResponseHeaders } from './call-handler.ts'
import { failureOfTransport } from './failure.ts'

/** What has arrived in a call and is to be told. */
export type Arrivals = {
  readonly handler: CallHandler
  /** Closes the connection. */
  readonly breakOff: () => void
  head: { readonly status: number; readonly headers: ResponseHeaders } | undefined
  chunks: Uint8Array[]
  ending: { readonly failure?: Failure } | undefined
  isAwaited: boolean
  /** While the handler wants nothing; a failure is told at once, and all that came before it. */
  paused: boolean
  /** Whether nothing more is told. */
  over: boolean
}

const turnEnd = createTurnEnd()

export function openArrivals(handler: CallHandler, breakOff: () => void): Arrivals {
  return { handler, breakOff, head: undefined, chunks: [], ending: undefined, isAwaited: false, paused: false, over: false }
}

/** Tells at the end of this turn of the event loop what has arrived until then. A handler that throws is told so as a failure. */
export function tellAtTurnEnd(arrivals: Arrivals): void {
  if (arrivals.isAwaited || arrivals.over) return
  arrivals.isAwaited = true
  void turnEnd().then(() => tell(arrivals))
}

function tell(arrivals: Arrivals): void {
  arrivals.isAwaited = false
  try {
    tellHead(arrivals)
    tellChunks(arrivals)
    tellEnding(arrivals)
  } catch (error) {
    // A mistake of ours in reading the answer: unsaid, the caller would wait for an end that never comes.
    arrivals.over = true
    arrivals.breakOff()
    arrivals.handler.onFailure(failureOfTransport(error instanceof Error ? error : new Error(String(error)), 'body'))
  }
}

function mayTell({ over, paused, ending }: Arrivals): boolean {
  return !over && (!paused || ending?.failure !== undefined)
}

function tellHead(arrivals: Arrivals): void {
  if (arrivals.head === undefined || !mayTell(arrivals)) return
  const { status, headers } = arrivals.head
  arrivals.head = undefined
  arrivals.handler.onHead(status, headers)
}

function tellChunks(arrivals: Arrivals): void {
  const { chunks } = arrivals
  let told = 0
  for (const chunk of chunks) {
    if (!mayTell(arrivals)) break
    told++
    arrivals.handler.onData(chunk)
  }
  if (told > 0) arrivals.chunks = told === chunks.length ? [] : chunks.slice(told)
}

function tellEnding(arrivals: Arrivals): void {
  const { ending, handler } = arrivals
  if (ending === undefined || !mayTell(arrivals)) return
  arrivals.over = true
  if (ending.failure === undefined) handler.onEnd()
  else handler.onFailure(ending.failure)
}
