import type { ServerResponse } from 'node:http'
import type { Step } from './timeline.ts'
import type { Timers } from './timers.ts'

/** What a performance needs of its surroundings. */
export type Stage = {
  readonly timers: Timers
  /** Stops taking connections for a while. */
  readonly refuse: (ms: number) => void
  /** The caller closed its connection before the answer was through. */
  readonly onCancelled: () => void
}

/** Does the steps on a response, one after the other; frames that nothing separates go out in one write. */
export function perform(steps: readonly Step[], response: ServerResponse, stage: Stage): void {
  let at = 0
  let over = false
  let stopWaiting = (): void => {}

  const next = (): void => {
    let step = steps[at]
    while (step !== undefined && !over) {
      at++
      if (!act(step)) return
      step = steps[at]
    }
  }
  /** Does one step; false when the next one must wait for a timer or for the caller to read. */
  const act = (step: Step): boolean => {
    switch (step.kind) {
      case 'head':
        return begin(step)
      case 'wait':
        if (response.headersSent) response.flushHeaders()
        stopWaiting = stage.timers.after(step.ms, next)
        return false
      case 'write':
        return write(step.bytes)
      case 'end':
        over = true
        response.end()
        return false
      case 'break':
        over = true
        // What was written in this turn lies corked in the response until the turn is over.
        setImmediate(breakOff, response, step.hard)
        return false
      case 'refuse':
        over = true
        response.socket?.destroy()
        stage.refuse(step.ms)
        return false
    }
  }
  const begin = (head: Extract<Step, { kind: 'head' }>): boolean => {
    const body = bodyBehind(steps, at)
    if (body === undefined || head.headers['content-type']?.startsWith('text/event-stream') === true) {
      response.writeHead(head.status, head.headers)
      if (steps[at]?.kind !== 'write') response.flushHeaders()
      return true
    }
    over = true
    response.writeHead(head.status, { ...head.headers, 'content-length': body.length })
    response.end(body)
    return false
  }
  const write = (bytes: string | Uint8Array): boolean => {
    let joined: string | Uint8Array = bytes
    let following = steps[at]
    if (typeof joined === 'string') {
      let text = joined
      while (following?.kind === 'write' && typeof following.bytes === 'string') {
        text += following.bytes
        at++
        following = steps[at]
      }
      joined = text
    }
    if (joined.length === 0 || response.write(joined)) return true
    response.once('drain', next)
    return false
  }
  response.once('close', () => {
    stopWaiting()
    if (!over) stage.onCancelled()
    over = true
  })
  next()
}

/** The rest as one body, when nothing but writes lies between here and the end. */
function bodyBehind(steps: readonly Step[], from: number): Buffer | undefined {
  const end = steps.length - 1
  if (steps[end]?.kind !== 'end') return undefined
  const bytes: Uint8Array[] = []
  for (let at = from; at < end; at++) {
    const step = steps[at]
    if (step?.kind !== 'write') return undefined
    bytes.push(typeof step.bytes === 'string' ? Buffer.from(step.bytes) : step.bytes)
  }
  return Buffer.concat(bytes)
}

/** Closes the connection once what was written has left: a reset would swallow it otherwise. */
function breakOff(response: ServerResponse, hard: boolean): void {
  const socket = response.socket
  if (socket === null || socket.destroyed) return
  if (socket.writableLength > 0) {
    setImmediate(breakOff, response, hard)
    return
  }
  if (hard) socket.resetAndDestroy()
  else socket.destroy()
}
