import { isObject, type JsonObject, parseExactJson } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { gather } from '#lib/slices/gather.ts'
import { parseInSlices } from '#lib/slices/parse.ts'
import { largeBytes, turnsUntil } from '#lib/slices/turn.ts'
import { createTurnEnd } from '#lib/turn-end.ts'
import type { ClientRequest } from './http/client-request.ts'
import type { ClientResponse } from './http/client-response.ts'
import { bodyEncodings, unfoldOf } from './unfold-body.ts'

export type BodyProblem =
  | { readonly kind: 'too_large'; readonly message: string }
  | { readonly kind: 'invalid_request'; readonly message: string }
  | { readonly kind: 'gone' }

/** A request's body as it came. A body that is announced or grows larger than the limit is not read to its end. */
export function readBody(request: ClientRequest, maxBytes: number): Promise<Result<Buffer, BodyProblem>> {
  const { promise, resolve } = Promise.withResolvers<Result<Buffer, BodyProblem>>()
  collect(request, maxBytes, resolve)
  return promise
}

/** A body that was read. */
export type JsonBody = { readonly value: JsonObject; readonly bytes: number }

/** A request's body as a JSON object. Its bytes are let go here: who waits for the answer would keep them until it has ended. */
export function readJson(
  { request, response }: { readonly request: ClientRequest; readonly response: ClientResponse },
  maxBytes: number,
): Promise<Result<JsonBody, BodyProblem>> {
  const { promise, resolve } = Promise.withResolvers<Result<JsonBody, BodyProblem>>()
  collect(request, maxBytes, (body) => {
    if (!body.ok) return resolve(body)
    const bytes = body.value.length
    const withSize = (parsed: Result<JsonObject, BodyProblem>): Result<JsonBody, BodyProblem> =>
      parsed.ok ? ok({ value: parsed.value, bytes }) : parsed
    const parsed = parseBody(body.value, { response })
    resolve(parsed instanceof Promise ? parsed.then(withSize) : withSize(parsed))
  })
  return promise
}

type Told = (body: Result<Buffer, BodyProblem>) => void

/**
 * Gathers a body, unfolded, and tells it, or why there is none. The limit holds for what a compressed one unfolds to as well. What is
 * told after the first time is of no account.
 */
function collect(request: ClientRequest, maxBytes: number, told: Told): void {
  const encoding = request.headers['content-encoding']
  if (encoding === undefined || encoding === 'identity') return gatherFrom(request, maxBytes, told)
  const unfold = unfoldOf(encoding)
  if (unfold === undefined) {
    const message = `content-encoding must be one of ${bodyEncodings.join(', ')}`
    return told(err({ kind: 'invalid_request', message }))
  }
  let isTold = false
  gatherFrom(request, maxBytes, (body) => {
    // The request closes while its body is unfolded.
    if (isTold) return
    isTold = true
    if (!body.ok || body.value.length === 0) return told(body)
    unfold(body.value, { maxOutputLength: maxBytes }).then(
      (whole) => told(ok(whole)),
      (error: unknown) => told(err(error instanceof RangeError ? tooLarge(maxBytes) : notUnfolded)),
    )
  })
}

const notUnfolded: BodyProblem = {
  kind: 'invalid_request',
  message: 'the request body is not compressed as its content-encoding says',
}

const turnEnd = createTurnEnd()

function gatherFrom(request: ClientRequest, maxBytes: number, told: Told): void {
  // Its client left before anybody listened, and no event will tell.
  if (request.destroyed) return told(err({ kind: 'gone' }))
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > maxBytes) return told(err(tooLarge(maxBytes)))
  const gathered = gather(announced, maxBytes)
  request.read({
    data(chunk) {
      if (gathered.size() + chunk.length <= maxBytes) return gathered.add(chunk)
      request.stop()
      told(err(tooLarge(maxBytes)))
    },
    // The request holds this as long as it lives: what was gathered must be let go.
    end: () => void turnEnd().then(() => told(ok(gathered.take()))),
    gone: () => told(err({ kind: 'gone' })),
  })
}

function tooLarge(maxBytes: number): BodyProblem {
  return { kind: 'too_large', message: `the request body is larger than ${maxBytes} bytes (limits.max_body)` }
}

const byteOrderMark = Buffer.from('\uFEFF')

/** The body as a JSON object. A large one is read slice by slice, as long as its client is there. */
export function parseBody(
  received: Buffer,
  { response }: { readonly response: ClientResponse },
): Result<JsonObject, BodyProblem> | Promise<Result<JsonObject, BodyProblem>> {
  // Windows tools write it in front of text.
  const marked = received[0] === byteOrderMark[0] && received.subarray(0, byteOrderMark.length).equals(byteOrderMark)
  const bytes = marked ? received.subarray(byteOrderMark.length) : received
  if (bytes.length === 0) return err({ kind: 'invalid_request', message: 'the request body is empty; a JSON object is expected' })
  if (bytes.length < largeBytes) return objectOf(parseExactJson(bytes.toString('utf8')))
  const turn = turnsUntil(() => response.destroyed)
  return parseInSlices(bytes, turn).then((parsed) => (parsed === undefined ? err({ kind: 'gone' }) : objectOf(parsed)))
}

function objectOf(parsed: Result<unknown, string>): Result<JsonObject, BodyProblem> {
  if (!parsed.ok) return err({ kind: 'invalid_request', message: `the request body is not valid JSON: ${clean(parsed.error)}` })
  if (!isObject(parsed.value)) return err({ kind: 'invalid_request', message: 'the request body must be a JSON object' })
  return ok(parsed.value)
}

/** V8 quotes the source in its message; a client's own text may be long. */
function clean(message: string): string {
  return message.length > 200 ? `${message.slice(0, 200)}…` : message
}
