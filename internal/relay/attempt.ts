import type { Emit, Usage } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Target } from '#canonical/plan.ts'
import type { ProviderConfig } from '#config/config.ts'
import type { AnswerContext } from '#dialect/dialect.ts'
import type { Clock } from '#lib/clock.ts'
import { type Body, inPieces } from '#lib/slices/pieces.ts'
import { turnsUntil } from '#lib/slices/turn.ts'
import type { Call, CallRequest } from '#upstream/call.ts'
import type { ResponseHeaders } from '#upstream/call-handler.ts'
import { type BodySink, decompressing } from '#upstream/decompress.ts'
import { failureOfTransport } from '#upstream/failure.ts'
import type { Pools } from '#upstream/pools.ts'
import { authorizedCall } from './authorized-call.ts'
import { consumeError } from './consume-error.ts'
import { consumeOperation } from './consume-operation.ts'
import { consumeStream } from './consume-stream.ts'
import { consumeWhole, consumeWholeAsStream, type WholeContext } from './consume-whole.ts'
import type { Abandoned, AttemptResult, Consumer, ConsumerPort, SpendLimit } from './consumer.ts'
import { type AttemptLimits, type Expired, watchAttempt } from './deadline.ts'
import type { Exchange } from './exchange.ts'
import type { Prepared } from './prepare.ts'
import { callHeaders, traceHeaders } from './request-headers.ts'
import type { StreamOut } from './stream-out.ts'

export type AttemptParams = {
  readonly exchange: Exchange
  readonly target: Target
  readonly provider: ProviderConfig
  /** The key of the provider's pool; undefined for a provider without keys. */
  readonly key: string | undefined
  readonly prepared: Prepared
  readonly answerContext: AnswerContext
  readonly limits: AttemptLimits
  /** By the monotonic clock, when it begins. */
  readonly startedMs: number
  /** For streams: the client's end, and where events go before it. */
  readonly stream?: { readonly out: StreamOut; readonly emit: Emit; readonly limit?: SpendLimit }
  /** Called once, when the first content comes; milliseconds from the call. */
  readonly onFirstToken: (afterMs: number) => void
  /** For operations: begins the client's answer as bytes of this type. */
  readonly begin?: (contentType: string) => void
}

export type AttemptDeps = { readonly clock: Clock; readonly pools: Pools; readonly maxAnswerBytes: number }

/** How an attempt ended, with what the observers want to know of it. */
export type AttemptEnd = {
  readonly result: AttemptResult
  readonly status?: number | undefined
  readonly headers?: ResponseHeaders | undefined
  /** From the call to the end. */
  readonly durationMs: number
  /** From the call to the first content. */
  readonly firstTokenMs?: number | undefined
}

/** Hears once whether a provider that nobody waits for any more has answered after all. */
export type Ear = (answered: boolean, nowMs: number) => void

export type Attempt = {
  readonly ended: Promise<AttemptEnd>
  /**
   * Ends it at once with this failure; nothing more is read or written. With `ear` the provider may go on within the attempt's
   * time, and its answer goes nowhere.
   */
  readonly cancel: (failure: Failure, ear?: Ear) => void
  /** Ends it at once, since another attempt won. */
  readonly abandon: (why: Abandoned) => void
}

// A server that told the end of its stream and does not close it keeps a connection from others.
const longestLingerMs = 5000

/** One request to one target: sends it, watches it, and reads the answer. */
export function startAttempt(params: AttemptParams, deps: AttemptDeps): Attempt {
  const { clock } = deps
  const { startedMs } = params
  const { promise, resolve } = Promise.withResolvers<AttemptEnd>()
  let status: number | undefined
  let headers: ResponseHeaders | undefined
  let firstTokenMs: number | undefined
  let consumer: Consumer | undefined
  let body: BodySink | undefined
  let settled = false
  let atEnd: AtEnd = () => {}

  const settle = (result: AttemptResult, ear?: Ear): void => {
    if (settled) return
    settled = true
    watch.stop()
    const durationMs = clock.now() - startedMs
    const leftMs = params.limits.totalMs - durationMs
    atEnd = ear === undefined ? letGo(running, result, clock) : listenOn(ear, running, clock, leftMs)
    resolve({ result, durationMs, status, headers, firstTokenMs })
  }
  const fail = (failure: Failure, ear?: Ear): void => settle({ kind: 'failed', failure }, ear)

  /** A connection that broke behind the end of an answer takes nothing from it. */
  const breakOff = (failure: Failure): void => {
    if (!settled) consumer?.broken?.()
    fail(failure)
  }
  const watch = watchAttempt(clock, params.limits, (what) => breakOff(expired(what, params)), startedMs)
  const port: ConsumerPort = {
    settle,
    settleLater(work) {
      // All of the answer is here: what takes time now is ours.
      watch.suspend()
      work(turnsUntil(() => settled)).then(
        (result) => result && settle(result),
        (error: unknown) => fail(failureOfTransport(error instanceof Error ? error : new Error(String(error)), 'body')),
      )
    },
    life: () => watch.life(),
    content() {
      if (firstTokenMs !== undefined) return
      firstTokenMs = clock.now() - startedMs
      params.onFirstToken(firstTokenMs)
    },
    pause() {
      running.pause()
      watch.suspend()
      params.exchange.client.onDrain(port.resume)
    },
    resume() {
      watch.life()
      running.resume()
    },
  }
  const unreadable = (message: string): void => fail({ kind: 'malformed', phase: 'body', message })
  const running: Call = authorizedCall(deps.pools, params, requestOf(params), {
    onHead(answeredStatus, answeredHeaders) {
      status = answeredStatus
      headers = answeredHeaders
      consumer = consumerFor(params, deps, { status, headers }, port)
      body = unfolding(headers, consumer, { isOver: () => settled, unreadable })
    },
    onData: (bytes) => settled || body?.data(bytes),
    onEnd() {
      atEnd(isSuccess(status))
      if (!settled) body?.end()
    },
    onFailure(failure) {
      atEnd(false)
      breakOff(params.stream?.out.committed() === true ? { ...failure, phase: 'stream' } : failure)
    },
  })
  return { ended: promise, cancel: fail, abandon: (why) => settle(abandoned(why, params.stream?.out.seen.usage())) }
}

function requestOf({ provider, prepared, exchange, target }: AttemptParams): CallRequest {
  return {
    method: 'POST',
    path: prepared.encoded.path,
    headers: callHeaders(provider, prepared, exchange.forward),
    ownHeaders: traceHeaders(provider, exchange.trace?.headersFor(target.id)),
    body: bodyOf(prepared),
  }
}

function bodyOf({ call: operation, written, encoded }: Prepared): Body {
  if (operation?.body instanceof Uint8Array) return inPieces(operation.body)
  return written ?? JSON.stringify(operation?.body ?? encoded.body)
}

/** What is to be done at the end of a call whose attempt is over. */
type AtEnd = (answered: boolean) => void

/** A stream that ended well may still have bytes to come; what failed is cut off at once. */
function letGo(running: Call, result: AttemptResult, clock: Clock): AtEnd {
  if (result.kind === 'failed' || (result.kind === 'streamed' && result.cut !== undefined)) running.cancel()
  else if (result.kind === 'streamed') return clock.after(longestLingerMs, running.cancel, 'background')
  return () => {}
}

/** The provider may go on for a while, though nobody reads what it says. */
function listenOn(ear: Ear, running: Call, clock: Clock, leftMs: number): AtEnd {
  const deafen = (): void => {
    running.cancel()
    ear(false, clock.now())
  }
  const cancel = clock.after(leftMs, deafen, 'background')
  return (answered) => {
    cancel()
    ear(answered, clock.now())
  }
}

function isSuccess(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status <= 299
}

type Unfolding = { readonly isOver: () => boolean; readonly unreadable: (message: string) => void }

/** What a decompressor gives comes later, maybe after the attempt's end. */
function unfolding(headers: ResponseHeaders, consumer: Consumer, { isOver, unreadable }: Unfolding): BodySink {
  const encoding = headers['content-encoding']
  if (encoding === undefined) return consumer
  const unless = { data: (bytes: Uint8Array) => isOver() || consumer.data(bytes), end: () => isOver() || consumer.end() }
  return decompressing(encoding, unless, unreadable)
}

function abandoned(why: Abandoned, usage: Usage | undefined): AttemptResult {
  const failure: Failure = { kind: 'cancelled', phase: 'first_token', message: 'another attempt answered first' }
  return { kind: 'failed', failure, abandoned: why, ...(usage === undefined ? {} : { usage }) }
}

function consumerFor(
  params: AttemptParams,
  deps: AttemptDeps,
  head: { readonly status: number; readonly headers: ResponseHeaders },
  port: ConsumerPort,
): Consumer {
  const { prepared, provider, exchange, stream } = params
  if (!isSuccess(head.status)) return consumeError({ ...head, dialect: prepared.dialect, provider: provider.type }, port)
  const { call: operation } = prepared
  if (operation !== undefined) {
    const { begin = () => {} } = params
    const { client } = exchange
    return consumeOperation({ call: operation, client, headers: head.headers, begin, maxBytes: deps.maxAnswerBytes }, port)
  }
  const context: WholeContext = {
    prepared,
    clientDialect: exchange.dialect,
    answerContext: params.answerContext,
    maxBytes: deps.maxAnswerBytes,
    headers: head.headers,
    guard: exchange.guarded?.answer,
  }
  if (stream === undefined) return consumeWhole(context, port)
  // A provider that was asked for a stream and answers with JSON has an error to tell, or cannot stream.
  const isJson = head.headers['content-type']?.includes('application/json') === true
  return isJson ? consumeWholeAsStream(context, stream.out, port) : consumeStream({ prepared, ...stream }, port)
}

function expired(what: Expired, { stream, limits }: AttemptParams): Failure {
  switch (what) {
    case 'first_token':
      return {
        kind: 'timeout',
        phase: 'first_token',
        message: `no sign of life within ${Math.round(limits.firstTokenMs ?? 0)} ms`,
      }
    case 'idle': {
      const phase = stream?.out.committed() === true ? 'stream' : 'first_token'
      return { kind: 'timeout', phase, message: `silent for ${Math.round(limits.idleMs)} ms` }
    }
    case 'total':
      return { kind: 'timeout', phase: 'body', message: `not finished within ${Math.round(limits.totalMs)} ms` }
  }
}
