import type { Answer } from '#canonical/answer.ts'
import type { AnswerGuard } from '#canonical/answer-guard.ts'
import type { Failure } from '#canonical/failure.ts'
import type { AnswerContext, Dialect } from '#dialect/dialect.ts'
import { isObject, parseJson } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import type { AttemptResult, Consumer, ConsumerPort } from './consumer.ts'
import { cutAnswer } from './cut-at-stop.ts'
import { judgeAnswer } from './judge.ts'
import type { Prepared } from './prepare.ts'
import type { StreamOut } from './stream-out.ts'
import { unfold } from './unfold.ts'

/** What a whole answer is read with. */
export type WholeContext = {
  readonly prepared: Prepared
  /** The client's dialect. */
  readonly clientDialect: Dialect
  readonly answerContext: AnswerContext
  readonly maxBytes: number
  /** What the answer goes through; left out: nothing. */
  readonly guard?: AnswerGuard | undefined
}

/** Reads a whole answer, judges it and writes it in the client's dialect. */
export function consumeWhole(context: WholeContext, port: ConsumerPort): Consumer {
  return collect(context.maxBytes, port, (text) => {
    const read = readGuarded(context, text)
    return read.ok ? wholeResult(context, read.value, text) : { kind: 'failed', failure: read.error }
  })
}

/** Reads a whole answer that came where a stream was asked for, and gives it to the client as a stream. */
export function consumeWholeAsStream(context: WholeContext, out: StreamOut, port: ConsumerPort): Consumer {
  return collect(context.maxBytes, port, (text) => {
    const read = readGuarded(context, text)
    if (!read.ok) return { kind: 'failed', failure: read.error }
    const fault = judgeAnswer(context.prepared.request, read.value)
    const { usage } = read.value
    if (fault !== undefined) return { kind: 'failed', failure: fault }
    for (const event of unfold(read.value)) out.event(event)
    out.flush()
    port.content()
    return { kind: 'streamed', usage }
  })
}

const space = 0x20

function collect(maxBytes: number, port: ConsumerPort, finish: (text: string) => AttemptResult): Consumer {
  const chunks: Uint8Array[] = []
  let size = 0
  let begun = false
  return {
    data(bytes) {
      size += bytes.length
      if (size > maxBytes) {
        port.settle({ kind: 'failed', failure: malformed(`the answer is larger than ${maxBytes} bytes`) })
        return
      }
      chunks.push(bytes)
      // White space before the answer keeps a connection open and shows nothing; from its first letter on it must come on.
      begun ||= bytes.some((byte) => byte > space)
      if (begun) port.life()
    },
    end() {
      const first = chunks[0]
      const bytes = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks)
      port.settle(finish(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')))
    },
  }
}

function readGuarded({ prepared, guard }: WholeContext, text: string): Result<Answer, Failure> {
  const read = readAnswer(prepared, text)
  if (!read.ok || guard === undefined) return read
  const answer = guard.whole(read.value)
  if (answer !== undefined) return ok(answer)
  const message = `the answer is larger than the ${guard.maxCharacters} characters that a guardrail allows`
  return err({ kind: 'content_filter', phase: 'body', code: 'response_too_large', message })
}

function readAnswer(prepared: Prepared, text: string): Result<Answer, Failure> {
  const parsed = parseJson(text)
  if (!parsed.ok) return err(malformed(`the answer is not JSON: ${parsed.error.slice(0, 120)}`))
  const { request, target, encoded, dialect } = prepared
  const names = encoded.names === undefined ? {} : { names: encoded.names }
  const decoded = dialect.decodeAnswer(parsed.value, { request, target, ...names })
  if (!decoded.ok) return decoded
  return ok(encoded.cutAt === undefined ? decoded.value : cutAnswer(decoded.value, encoded.cutAt))
}

function wholeResult(context: WholeContext, answer: Answer, text: string): AttemptResult {
  const { prepared, clientDialect, answerContext } = context
  const body = prepared.passthrough
    ? passedBody(prepared, text)
    : JSON.stringify(clientDialect.encodeAnswer(answer, answerContext))
  const fault = judgeAnswer(prepared.request, answer)
  if (fault !== undefined) return { kind: 'failed', failure: fault, empty: { body, usage: answer.usage } }
  return { kind: 'whole', body, usage: answer.usage, model: answer.model, answer }
}

function passedBody({ dialect, request, target }: Prepared, text: string): string {
  const correct = dialect.passthrough?.answer
  if (correct === undefined) return text
  const parsed = parseJson(text)
  const corrected = parsed.ok && isObject(parsed.value) ? correct(parsed.value, request, target) : undefined
  return corrected === undefined ? text : JSON.stringify(corrected)
}

function malformed(message: string): Failure {
  return { kind: 'malformed', phase: 'body', message }
}
