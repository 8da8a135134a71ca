import type { Observer, RelayEvent } from '#canonical/observe.ts'
import { requestFailed } from './blame.ts'

/** What requests came to within a stretch of time. */
type Measure = { requests: number; failed: number; readonly firstTokens: number[] }

/** What got worse after a reload, with the numbers of before and after. */
export type Worse =
  | { readonly what: 'error_rate'; readonly before: number; readonly after: number; readonly requests: number }
  | { readonly what: 'first_token'; readonly beforeMs: number; readonly afterMs: number; readonly requests: number }

export type ReloadGuard = {
  readonly observe: Observer
  /** A new configuration was taken: from now on it is compared with what came before. */
  readonly begin: (nowMs: number, forMs: number) => void
  readonly end: () => void
  /** What is clearly worse than before; undefined when nothing is, or when too little is known. */
  readonly judge: (nowMs: number) => Worse | undefined
}

// Fewer requests than this say nothing about a rate, nor about a median.
const fewest = 20
// Worse by this much, and twice as bad: chance alone does not do that to twenty requests often.
const worseBy = 0.1
const slowerByMs = 500
const factor = 2
// The median rests on the last so many; older ones say less about now.
const mostFirstTokens = 500

/** Compares what requests come to after a reload with what they came to before. A request counts for the file that it began with. */
export function createReloadGuard(): ReloadGuard {
  let before = empty()
  let after: Measure | undefined
  let sinceMs = 0
  let untilMs = 0

  const add = (event: Extract<RelayEvent, { readonly kind: 'request_ended' }>): void => {
    const startedMs = event.atMs - event.durationMs
    if (after !== undefined && startedMs < sinceMs) return
    const measure = after ?? before
    const failed = requestFailed(event)
    if (failed === undefined) return
    measure.requests++
    if (failed) measure.failed++
    if (event.firstTokenMs !== undefined) measure.firstTokens.push(event.firstTokenMs)
    if (measure.firstTokens.length > mostFirstTokens) measure.firstTokens.shift()
    // The past fades: what was long ago counts half.
    if (after === undefined && measure.requests > 2 * mostFirstTokens) {
      before = { ...measure, requests: measure.requests / 2, failed: measure.failed / 2 }
    }
  }
  return {
    observe(event) {
      if (event.kind === 'request_ended') add(event)
    },
    begin(nowMs, forMs) {
      if (after !== undefined) before = after.requests >= fewest ? after : before
      after = empty()
      sinceMs = nowMs
      untilMs = nowMs + forMs
    },
    end() {
      if (after !== undefined && after.requests >= fewest) before = after
      after = undefined
    },
    judge(nowMs) {
      if (after === undefined || nowMs > untilMs) return undefined
      return worse(before, after)
    },
  }
}

function empty(): Measure {
  return { requests: 0, failed: 0, firstTokens: [] }
}

function worse(before: Measure, after: Measure): Worse | undefined {
  if (before.requests < fewest || after.requests < fewest) return undefined
  const [was, is] = [before.failed / before.requests, after.failed / after.requests]
  if (is >= was + worseBy && is >= was * factor) {
    return { what: 'error_rate', before: was, after: is, requests: after.requests }
  }
  if (before.firstTokens.length < fewest || after.firstTokens.length < fewest) return undefined
  const [beforeMs, afterMs] = [median(before.firstTokens), median(after.firstTokens)]
  if (afterMs < beforeMs + slowerByMs || afterMs < beforeMs * factor) return undefined
  return { what: 'first_token', beforeMs, afterMs, requests: after.firstTokens.length }
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0
}

/** A sentence for people. */
export function worseText(worse: Worse): string {
  switch (worse.what) {
    case 'error_rate':
      return `${percent(worse.after)} of ${worse.requests} requests failed, against ${percent(worse.before)} before`
    case 'first_token':
      return `the first token took ${Math.round(worse.afterMs)} ms (median of ${worse.requests}), against ${Math.round(worse.beforeMs)} ms before`
  }
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`
}
