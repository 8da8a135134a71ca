import type { IncomingMessage, ServerResponse } from 'node:http'
import { isObject, type JsonObject, parseJson } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { parseInSlices } from '#lib/slices/parse.ts'
import { largeBytes, turnsUntil } from '#lib/slices/turn.ts'

export type BodyProblem =
  | { readonly kind: 'too_large'; readonly message: string }
  | { readonly kind: 'invalid_request'; readonly message: string }
  | { readonly kind: 'gone' }

/** A request's body as it came. A body that is announced or grows larger than the limit is not read to its end. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Result<Buffer, BodyProblem>> {
  const { promise, resolve } = Promise.withResolvers<Result<Buffer, BodyProblem>>()
  collect(request, maxBytes, resolve)
  return promise
}

/** A body that was read. */
export type JsonBody = { readonly value: JsonObject; readonly bytes: number }

/** A request's body as a JSON object. Its bytes are let go here: who waits for the answer would keep them until it has ended. */
export function readJson(
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
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

/** Gathers a body and tells it, or why there is none. What is told after the first time is of no account. */
function collect(request: IncomingMessage, maxBytes: number, told: (body: Result<Buffer, BodyProblem>) => void): void {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > maxBytes) return told(err(tooLarge(maxBytes)))
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity')
    return told(err({ kind: 'invalid_request', message: 'a compressed request body (content-encoding) is not supported' }))
  let chunks: Buffer[] = []
  let size = 0
  let large: Buffer | undefined
  request.on('data', (chunk: Buffer) => {
    const before = size
    size += chunk.length
    if (size > maxBytes) {
      request.removeAllListeners('data')
      request.pause()
      told(err(tooLarge(maxBytes)))
      return
    }
    if (size < largeBytes) {
      chunks.push(chunk)
      return
    }
    if (large === undefined || size > large.length)
      large = moved(large?.subarray(0, before) ?? Buffer.concat(chunks), Math.max(announced, Math.min(2 * size, maxBytes)))
    large.set(chunk, before)
  })
  request.on('end', () => {
    const [first] = chunks
    const small = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks)
    const whole = large?.subarray(0, size) ?? small
    // These listeners live as long as the request.
    chunks = []
    large = undefined
    told(ok(whole))
  })
  request.on('close', () => told(err({ kind: 'gone' })))
  request.on('error', () => told(err({ kind: 'gone' })))
}

/** A large body is put together as it comes, in as much room as it was announced to need: all at once at its end would take a while. */
function moved(bytes: Buffer, room: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(room)
  larger.set(bytes)
  return larger
}

function tooLarge(maxBytes: number): BodyProblem {
  return { kind: 'too_large', message: `the request body is larger than ${maxBytes} bytes (limits.max_body)` }
}

/** The body as a JSON object. A large one is read slice by slice, as long as its client is there. */
export function parseBody(
  bytes: Buffer,
  { response }: { readonly response: ServerResponse },
): Result<JsonObject, BodyProblem> | Promise<Result<JsonObject, BodyProblem>> {
  if (bytes.length === 0) return err({ kind: 'invalid_request', message: 'the request body is empty; a JSON object is expected' })
  if (bytes.length < largeBytes) return objectOf(parseJson(bytes.toString('utf8')))
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
