import type { Answer } from '#canonical/answer.ts'
import type { AnswerGuard } from '#canonical/answer-guard.ts'
import type { Failure } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import type { AnswerContext, Dialect } from '#dialect/dialect.ts'
import { isObject } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { ResponseHeaders } from '#upstream/call-handler.ts'
import { consumeJson, gatherJson } from './consume-json.ts'
import type { AttemptResult, Consumer, ConsumerPort } from './consumer.ts'
import { cutAnswer } from './cut-at-stop.ts'
import { judgeAnswer } from './judge.ts'
import type { Prepared } from './prepare.ts'
import type { StreamOut } from './stream-out.ts'
import { play, playInTurns } from './unfold.ts'

/** What a whole answer is read with. */
export type WholeContext = {
  readonly prepared: Prepared
  /** The client's dialect. */
  readonly clientDialect: Dialect
  readonly answerContext: AnswerContext
  readonly maxBytes: number
  /** Of the provider's answer. */
  readonly headers: ResponseHeaders
  /** What the answer goes through; left out: nothing. */
  readonly guard?: AnswerGuard | undefined
}

/** Reads a whole answer, judges it and writes it in the client's dialect. */
export function consumeWhole(context: WholeContext, port: ConsumerPort): Consumer {
  return consumeJson({ ...context, exact: true }, port, (parsed) => {
    const read = readGuarded(context, parsed)
    if (!read.ok) return read
    const written = writtenFor(context, read.value, parsed)
    return ok({ written, resultOf: (body) => wholeResult(context, read.value, { body, written }) })
  })
}

/** Reads a whole answer that came where a stream was asked for, and gives it to the client as a stream. */
export function consumeWholeAsStream(context: WholeContext, out: StreamOut, port: ConsumerPort): Consumer {
  const judged = (parsed: Result<unknown, Failure>): Result<Answer, Failure> => {
    const read = readGuarded(context, parsed)
    const fault = read.ok ? judgeAnswer(context.prepared.request, read.value) : undefined
    return fault === undefined ? read : err(fault)
  }
  return gatherJson({ ...context, exact: true }, port, {
    small(parsed) {
      const read = judged(parsed)
      if (!read.ok) return { kind: 'failed', failure: read.error }
      port.content()
      play(out, read.value)
      return { kind: 'streamed', usage: read.value.usage }
    },
    async large(parsed, turn) {
      const read = judged(parsed)
      if (!read.ok) return { kind: 'failed', failure: read.error }
      port.content()
      return (await playInTurns(out, read.value, turn)) ? { kind: 'streamed', usage: read.value.usage } : undefined
    },
  })
}

function readGuarded({ prepared, guard }: WholeContext, parsed: Result<unknown, Failure>): Result<Answer, Failure> {
  const read = parsed.ok ? readAnswer(prepared, parsed.value) : parsed
  if (!read.ok || guard === undefined) return read
  const answer = guard.whole(read.value)
  if (answer !== undefined) return ok(answer)
  const message = `the answer is larger than the ${guard.maxCharacters} characters that a guardrail allows`
  return err({ kind: 'content_filter', phase: 'body', code: 'response_too_large', message })
}

function readAnswer({ request, target, encoded, dialect }: Prepared, value: unknown): Result<Answer, Failure> {
  const names = encoded.names === undefined ? {} : { names: encoded.names }
  const decoded = dialect.decodeAnswer(value, { request, target, ...names })
  if (!decoded.ok) return decoded
  return ok(encoded.cutAt === undefined ? decoded.value : cutAnswer(decoded.value, encoded.cutAt))
}

/** What is written for the client; undefined when the provider's bytes pass as they came. */
function writtenFor(context: WholeContext, answer: Answer, parsed: Result<unknown, Failure>): Json | undefined {
  const { prepared, clientDialect, answerContext } = context
  const { passthrough, dialect, request, target } = prepared
  if (!passthrough) return clientDialect.encodeAnswer(answer, answerContext)
  const correct = dialect.passthrough?.answer
  return correct !== undefined && parsed.ok && isObject(parsed.value) ? correct(parsed.value, request, target) : undefined
}

type Body = Pick<Extract<AttemptResult, { readonly kind: 'whole' }>, 'body' | 'written'>

function wholeResult({ prepared }: WholeContext, answer: Answer, body: Body): AttemptResult {
  const fault = judgeAnswer(prepared.request, answer)
  if (fault !== undefined) return { kind: 'failed', failure: fault, empty: { body: body.body, usage: answer.usage } }
  // Each by its name: what stands behind `...body` V8 would store by a way for which it knows no shape (docs/performance.md).
  return { kind: 'whole', body: body.body, written: body.written, usage: answer.usage, model: answer.model, answer }
}
