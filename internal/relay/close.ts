import type { RequestEnded } from '#canonical/observe.ts'
import type { PlanProblem } from '#canonical/plan.ts'
import { commentFrame } from '#framing/sse-write.ts'
import { lengthOf } from '#lib/slices/pieces.ts'
import { announce } from './announce.ts'
import type { AttemptEnd } from './attempt.ts'
import { replay, targetOf } from './caching.ts'
import type { AnswerBody, AttemptResult } from './consumer.ts'
import type { CachedAnswer, Refusal, RelayDeps } from './deps.ts'
import type { Exchange } from './exchange.ts'
import { errorOfAttempts, errorOfPlan, type FinalError } from './final-error.ts'
import { costOfAnswer, promptCacheSavedUsd, savedUsd } from './ledger.ts'
import { rememberSignatures } from './put-back.ts'
import type { Ending } from './record.ts'
import { rememberItems } from './remember-items.ts'
import { answerHeaders, formatUsd, overheadMs } from './response-headers.ts'
import { type Run, tell } from './run.ts'

/** An attempt that came to a good end. */
export type Answered = Exclude<AttemptResult, { readonly kind: 'failed' }>

/** The answer came to its end: what is still held goes out. */
export function closeAnswered(run: Run, result: Answered): void {
  rememberSignatures(run, result)
  rememberItems(run, result)
  priceAnswer(run)
  if (run.record.target !== undefined) run.deps.served?.(run.exchange, run.record.target, run.record.usage)
  if (result.kind === 'whole') {
    run.record.finishReason = result.answer?.candidates[0]?.finish.reason
    sendWhole(run, result.body)
    return close(run, { outcome: 'ok', status: 200 })
  }
  if (result.kind === 'relayed') {
    run.exchange.client.end()
    return close(run, { outcome: 'ok', status: 200 })
  }
  const outcome = run.record.continuations > 0 ? 'recovered' : 'complete'
  run.out?.end(closingComment(run, outcome))
  const code = result.cut === undefined ? {} : { code: result.cut }
  close(run, { outcome: outcome === 'recovered' ? 'recovered' : 'ok', status: 200, streamOutcome: outcome, ...code })
}

/** The cache had it: nobody was asked, and it cost nothing. */
export function closeCached(run: Run, cached: CachedAnswer): void | Promise<void> {
  const { record, exchange } = run
  const guard = exchange.guarded?.answer
  const shown = guard === undefined ? cached.answer : guard.whole(cached.answer)
  if (shown === undefined) return closeRefused(exchange, run.plan.route, tooLarge(guard?.maxCharacters), run.deps)
  record.target = targetOf(run, cached)
  record.costUsd = 0
  record.finishReason = cached.answer.candidates[0]?.finish.reason
  record.savedUsd = savedUsd(run, cached.answer.usage, 0)
  const replayed = replay(run, shown)
  if (replayed instanceof Promise) return replayed.then((body) => closeReplayed(run, body))
  closeReplayed(run, replayed)
}

function closeReplayed(run: Run, body: AnswerBody | undefined): void {
  if (body !== undefined) {
    sendWhole(run, body)
    return close(run, { outcome: 'ok', status: 200 })
  }
  run.out?.end(closingComment(run, 'complete'))
  close(run, { outcome: 'ok', status: 200, streamOutcome: 'complete' })
}

function tooLarge(most = 0): Refusal {
  const message = `the answer is larger than the ${most} characters that a guardrail allows`
  return { kind: 'content_filter', code: 'response_too_large', message, headers: {} }
}

/** Every target gave nothing or an empty answer: the empty one goes to the client as the provider gave it. */
export function closeEmpty(run: Run, end: AttemptEnd): void {
  if (end.result.kind !== 'failed' || end.result.empty === undefined) return closeFailed(run)
  const { body, usage } = end.result.empty
  // It is in the books as wasted, like those before it.
  run.record.usage = usage
  if (run.out !== undefined) {
    run.out.event({ kind: 'end' })
    run.out.end(closingComment(run, 'complete'))
    return close(run, { outcome: 'ok', status: 200, streamOutcome: 'complete', code: 'empty_answer' })
  }
  sendWhole(run, body ?? '')
  close(run, { outcome: 'ok', status: 200, code: 'empty_answer' })
}

/** Nothing could be had: an error in the dialect's form, in the stream when it has begun. */
export function closeFailed(run: Run): void {
  const { out, record, exchange } = run
  priceAnswer(run)
  if (out?.committed() === true) {
    const failure = record.failures[record.failures.length - 1 - record.continuations]?.failure ?? record.failures.at(-1)?.failure
    if (failure !== undefined) out.fail(failure)
    out.end(closingComment(run, 'truncated'))
    return close(run, {
      outcome: 'truncated',
      status: 200,
      streamOutcome: 'truncated',
      ...(failure === undefined ? {} : { code: failure.kind }),
    })
  }
  if (record.relayed) {
    exchange.client.abort()
    const code = record.failures.at(-1)?.failure.kind
    return close(run, { outcome: 'truncated', status: 200, ...(code === undefined ? {} : { code }) })
  }
  const final = errorOfAttempts(record, exchange.requestId)
  const status = sendError(exchange, final, answerHeaders(run))
  close(run, {
    outcome: 'failed',
    status,
    code: final.error.code,
    ...(out === undefined ? {} : { streamOutcome: 'failed' as const }),
  })
}

export function closeGone(run: Run): void {
  priceAnswer(run)
  close(run, { outcome: 'cancelled', status: 499, ...(run.out === undefined ? {} : { streamOutcome: 'failed' as const }) })
}

/** No target could be tried at all. */
export function closeUnplanned(exchange: Exchange, problem: PlanProblem, deps: RelayDeps): void {
  reject(exchange, { ...errorOfPlan(problem, exchange.requestId), route: '', headers: {} }, deps)
}

/** The client is over one of its limits. */
export function closeRefused(exchange: Exchange, route: string, refusal: Refusal, deps: RelayDeps): void {
  const { code, kind, message, retryAfterMs, headers } = refusal
  const error = { code, kind, message, requestId: exchange.requestId }
  reject(exchange, { error, route, headers, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }, deps)
}

type Rejection = FinalError & { readonly route: string; readonly headers: Readonly<Record<string, string>> }

function reject(exchange: Exchange, { route, headers, ...final }: Rejection, deps: RelayDeps): void {
  const status = sendError(exchange, final, {
    'x-outrigger-request-id': exchange.requestId,
    'x-request-id': exchange.requestId,
    'x-outrigger-attempts': '0',
    ...headers,
  })
  const { client, tier } = exchange.hints
  const nowMs = deps.clock.now()
  const ended: RequestEnded = {
    kind: 'request_ended',
    requestId: exchange.requestId,
    dialect: exchange.dialect.name,
    route,
    outcome: 'rejected',
    status,
    code: final.error.code,
    stream: exchange.request.stream,
    asked: exchange,
    attempts: [],
    durationMs: nowMs - exchange.startedMs,
    overheadMs: nowMs - exchange.startedMs,
    dropped: [],
    bytesIn: exchange.bytesIn,
    bytesOut: exchange.client.written(),
    atMs: nowMs,
    ...(client === undefined ? {} : { client }),
    ...(tier === undefined ? {} : { tier }),
    ...(exchange.trace === undefined ? {} : { traceId: exchange.trace.traceId }),
    redacted: exchange.guarded?.redacted || undefined,
  }
  announce(exchange, deps, ended)
}

/** Sends an error in the client's dialect; gives its status. */
export function sendError(
  exchange: Pick<Exchange, 'dialect' | 'client'>,
  final: FinalError,
  headers: Readonly<Record<string, string>>,
): number {
  const { retryAfterMs } = final
  const { status, body } = exchange.dialect.encodeError(
    retryAfterMs === undefined ? final.error : { ...final.error, retryAfterMs },
  )
  const retry =
    retryAfterMs === undefined
      ? { 'x-should-retry': 'false' }
      : {
          'x-should-retry': 'true',
          'retry-after': String(Math.ceil(retryAfterMs / 1000)),
          'retry-after-ms': String(Math.ceil(retryAfterMs)),
        }
  exchange.client.head(status, { ...headers, ...retry, 'content-type': 'application/json' })
  exchange.client.end(JSON.stringify(body))
  return status
}

function sendWhole(run: Run, body: AnswerBody): void {
  const headers = answerHeaders(run)
  headers['content-type'] = 'application/json'
  headers['content-length'] = String(typeof body === 'string' ? Buffer.byteLength(body) : lengthOf(body))
  run.exchange.client.head(200, headers)
  // As text it goes out with the headers in one piece.
  run.exchange.client.end(body)
}

function priceAnswer({ record }: Run): void {
  record.costUsd = costOfAnswer(record)
}

/** The last line of a stream: a comment, which SDKs skip and every log keeps; nothing where they do not. */
function closingComment(run: Run, outcome: 'complete' | 'recovered' | 'truncated'): string {
  const { record, exchange } = run
  const { dialect, request } = exchange
  if (dialect.streamComments === false || !dialect.streamContentType(request).startsWith('text/event-stream')) return ''
  const cost = record.costUsd === undefined ? '' : ` cost_usd=${formatUsd(record.costUsd)}`
  const target = (record.target?.id ?? '').replaceAll(' ', '_')
  return commentFrame(`outrigger outcome=${outcome}${cost} target=${target} attempts=${record.attempts.length}${cacheWords(run)}`)
}

/** As the headers `x-outrigger-cache…` have it. */
function cacheWords({ cache, similarity }: Run): string {
  if (cache === undefined) return ''
  return similarity === undefined ? ` cache=${cache}` : ` cache=hit cache_similarity=${similarity.toFixed(4)}`
}

function close(run: Run, ending: Ending): void {
  const { exchange, record, plan, deps } = run
  const { hints } = exchange
  const nowMs = deps.clock.now()
  const finishReason = run.out?.seen.finishes()[0]?.reason ?? record.finishReason
  tell(run, {
    kind: 'request_ended',
    requestId: exchange.requestId,
    dialect: exchange.dialect.name,
    route: plan.route,
    stream: exchange.request.stream,
    asked: exchange,
    attempts: record.attempts,
    durationMs: nowMs - exchange.startedMs,
    overheadMs: overheadMs(run, nowMs),
    dropped: record.dropped,
    bytesIn: exchange.bytesIn,
    bytesOut: exchange.client.written(),
    atMs: nowMs,
    outcome: ending.outcome,
    status: ending.status,
    streamOutcome: ending.streamOutcome,
    code: ending.code,
    strategy: plan.strategy,
    rule: plan.rule,
    finishReason,
    target: record.target,
    cache: run.cache,
    similarity: run.similarity,
    redacted: exchange.guarded?.redacted || undefined,
    usage: record.usage,
    costUsd: record.costUsd,
    savedUsd: record.savedUsd ?? savedUsd(run, record.usage, record.costUsd),
    promptCacheSavedUsd: promptCacheSavedUsd(run),
    firstTokenMs: record.firstTokenMs,
    client: hints.client,
    tier: hints.tier,
    traceId: exchange.trace?.traceId,
  })
}
