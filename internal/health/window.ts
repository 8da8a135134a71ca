import { createQuantileWindow, type QuantileWindow } from '#lib/quantile.ts'
import { createRing } from '#lib/ring.ts'
import { createExpectedWait } from './expected-wait.ts'
import type { Quantiles } from './snapshot.ts'

/** How an attempt counts: `limited` is a target that had enough, which is a failure but no fault. */
export type Mark = 'ok' | 'error' | 'limited'

/** How long an attempt took; `inputTokens` where the provider counted them. */
export type TimedAttempt = {
  readonly durationMs: number
  readonly firstTokenMs?: number | undefined
  readonly inputTokens?: number | undefined
  /** When it ended. */
  readonly atMs: number
}

/** The last attempts at one target. */
export type Window = {
  readonly add: (mark: Mark, attempt: TimedAttempt) => void
  /** So many answers of which nothing else is known. */
  readonly addAnswers: (answers: number) => void
  readonly samples: () => number
  /** Faults only: what the breaker decides on. */
  readonly errors: () => number
  /** 0–1: faults and limits. */
  readonly failedRatio: () => number
  /** Of the attempts that gave an answer. */
  readonly latencyMs: () => Quantiles | undefined
  readonly firstTokenMs: () => Quantiles | undefined
  /** The quantile `q` of waits, those that were cut short included; undefined while there are fewer than 20. */
  readonly usualWaitMs: (until: 'first_token' | 'answer', q: number) => number | undefined
  /** What a prompt of this size would be made to wait now; undefined before the first answer. */
  readonly expectMs: (until: 'first_token' | 'answer', inputTokens: number) => number | undefined
  /** The longest of the last answers that came to their end, in milliseconds; undefined before the first. */
  readonly longestAnswerMs: () => number | undefined
  /** An answer that came when nobody waited for it any more: it shows how long they take, and is no success. */
  readonly addLate: (durationMs: number, atMs: number) => void
  /** A wait that was cut short: it would have lasted at least this long. Neither a success nor an error. */
  readonly addWait: (until: 'first_token' | 'answer', ms: number, atMs: number) => void
  /** How many first tokens were seen. */
  readonly firstTokens: () => number
  /** Forgets how attempts ended, when a target comes back; how long they took stays. */
  readonly forgetMarks: () => void
}

// Fewer, and a high quantile would be the slowest of them.
const fewestWaits = 20

export function createWindow(capacity: number): Window {
  const marks = createRing<Mark>(capacity)
  const latency = createQuantileWindow(capacity)
  const firstToken = createQuantileWindow(capacity)
  // Without waits that were cut short: how long an answer would have taken they do not tell.
  const answers = createRing<number>(capacity)
  const expected = { first_token: createExpectedWait(), answer: createExpectedWait() }
  const count: Record<Mark, number> = { ok: 0, error: 0, limited: 0 }
  const push = (mark: Mark): void => {
    const evicted = marks.push(mark)
    if (evicted !== undefined) count[evicted]--
    count[mark]++
  }
  return {
    add(mark, { durationMs, firstTokenMs, inputTokens, atMs }) {
      push(mark)
      // A quick refusal is no quick answer.
      if (mark !== 'ok') return
      latency.add(durationMs)
      answers.push(durationMs)
      expected.answer.add(durationMs, inputTokens, atMs)
      if (firstTokenMs === undefined) return
      firstToken.add(firstTokenMs)
      expected.first_token.add(firstTokenMs, inputTokens, atMs)
    },
    addAnswers(added) {
      for (let pushed = Math.min(added, capacity); pushed > 0; pushed--) push('ok')
    },
    samples: marks.size,
    errors: () => count.error,
    failedRatio: () => (marks.size() === 0 ? 0 : (count.error + count.limited) / marks.size()),
    latencyMs: () => quantilesOf(latency),
    firstTokenMs: () => quantilesOf(firstToken),
    usualWaitMs(until, q) {
      const waits = until === 'answer' ? latency : firstToken
      return waits.size() < fewestWaits ? undefined : waits.at(q)
    },
    expectMs: (until, inputTokens) => expected[until].at(inputTokens),
    longestAnswerMs: () => (answers.size() === 0 ? undefined : Math.max(...answers.values())),
    addLate(durationMs, atMs) {
      latency.add(durationMs)
      answers.push(durationMs)
      expected.answer.add(durationMs, undefined, atMs)
    },
    addWait(until, ms, atMs) {
      expected[until].add(ms, undefined, atMs)
      if (until === 'answer') latency.add(ms)
      else firstToken.add(ms)
    },
    firstTokens: firstToken.size,
    forgetMarks() {
      marks.clear()
      for (const mark of ['ok', 'error', 'limited'] as const) count[mark] = 0
    },
  }
}

function quantilesOf(window: QuantileWindow): Quantiles | undefined {
  const [p50, p95, p99] = [window.at(0.5), window.at(0.95), window.at(0.99)]
  return p50 === undefined || p95 === undefined || p99 === undefined ? undefined : { p50, p95, p99 }
}
