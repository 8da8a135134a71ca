import type { Clock } from '#lib/clock.ts'
import { inTime, LateError } from './in-time.ts'

/** The way to a server that may be slow or gone: when it is, nobody waits for it but the gate itself. */
export type Gate = {
  /** Whether the server is asked at all. */
  readonly isOpen: () => boolean
  /**
   * The answer, or an error after the timeout at the latest. `onLate` hears what became of a question whose answer was not waited
   * for: the answer that came after all, or undefined.
   */
  readonly ask: <T>(question: () => Promise<T>, onLate?: (answer: T | undefined) => void) => Promise<T>
  readonly close: () => void
}

export type GateOptions = {
  readonly timeoutMs: number
  /** Asks the server for a sign of life. */
  readonly probe: () => Promise<unknown>
  /** Called each time the gate opens again, before anybody is told. */
  readonly onOpen: () => void
  /** The server does not answer, confirmed by a probe; or it answers again. */
  readonly onState: (state: 'up' | 'down', error: unknown) => void
  readonly clock: Clock
  readonly random: () => number
}

/** The gate is shut. */
export class ShutError extends Error {
  override readonly name = 'ShutError'
}

const firstPauseMs = 250
const longestPauseMs = 2000
// A server at the edge of the timeout would open and shut the gate all the time.
const goodProbesToOpen = 2
// A server may answer probes and not what it is for (a cluster one of whose nodes is gone, a key that somebody else wrote): so often in
// a row, each this soon after the gate had opened, is no chance.
const relapsesToTell = 3
const relapseMs = 5000

/**
 * Shuts with the first question that fails or is late, so that a server that hangs costs its timeout once and not with each
 * request; opens after two good probes in a row. A shutting that the first probe does not confirm is told to nobody, unless the next
 * ones follow at once; then it is the good end that is told only once it lasts.
 */
export function createGate({ timeoutMs, probe, onOpen, onState, clock, random }: GateOptions): Gate {
  let open = true
  let told: 'up' | 'down' = 'up'
  let closed = false
  let cancel = (): void => {}
  let openedMs = Number.NEGATIVE_INFINITY
  let relapses = 0

  const tell = (state: 'up' | 'down', error: unknown): void => {
    if (told === state) return
    told = state
    onState(state, error)
  }
  const again = (good: number, pauseMs: number): void => {
    if (closed) return
    cancel = clock.after(pauseMs * (0.75 + random() / 2), () => void look(good, pauseMs), 'background')
  }
  const look = async (good: number, pauseMs: number): Promise<void> => {
    try {
      await inTime(probe(), timeoutMs)
    } catch (error) {
      tell('down', error)
      return again(0, Math.min(pauseMs * 2, longestPauseMs))
    }
    if (good + 1 < goodProbesToOpen) return again(good + 1, firstPauseMs / 2)
    open = true
    openedMs = clock.now()
    onOpen()
    if (relapses < relapsesToTell) tell('up', undefined)
    else cancel = clock.after(relapseMs, () => tell('up', undefined), 'background')
  }
  const shut = (error: unknown): void => {
    if (!open || closed) return
    open = false
    cancel()
    relapses = clock.now() - openedMs < relapseMs ? relapses + 1 : 0
    if (relapses >= relapsesToTell) tell('down', error)
    void look(0, firstPauseMs)
  }
  return {
    isOpen: () => open,
    async ask(question, onLate) {
      if (!open) throw new ShutError('the server did not answer lately')
      const answer = question()
      try {
        return await inTime(answer, timeoutMs)
      } catch (error) {
        shut(error)
        if (error instanceof LateError) answer.then(onLate, () => onLate?.(undefined))
        else onLate?.(undefined)
        throw error
      }
    },
    close() {
      closed = true
      cancel()
    },
  }
}
