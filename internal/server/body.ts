import type { IncomingMessage } from 'node:http'
import { isObject, type JsonObject, parseJson } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'

export type BodyProblem =
  | { readonly kind: 'too_large'; readonly message: string }
  | { readonly kind: 'invalid_request'; readonly message: string }
  | { readonly kind: 'gone' }

/** Reads a request's body up to the limit. A body that is announced or grows larger is not read to its end. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Result<Buffer, BodyProblem>> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > maxBytes) return Promise.resolve(err(tooLarge(maxBytes)))
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    return Promise.resolve(
      err({ kind: 'invalid_request', message: 'a compressed request body (content-encoding) is not supported' }),
    )
  }
  const { promise, resolve } = Promise.withResolvers<Result<Buffer, BodyProblem>>()
  const chunks: Buffer[] = []
  let size = 0
  request.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > maxBytes) {
      request.removeAllListeners('data')
      request.pause()
      resolve(err(tooLarge(maxBytes)))
      return
    }
    chunks.push(chunk)
  })
  request.on('end', () => {
    const [first] = chunks
    resolve(ok(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks)))
  })
  request.on('close', () => resolve(err({ kind: 'gone' })))
  request.on('error', () => resolve(err({ kind: 'gone' })))
  return promise
}

function tooLarge(maxBytes: number): BodyProblem {
  return { kind: 'too_large', message: `the request body is larger than ${maxBytes} bytes (limits.max_body)` }
}

/** The body as a JSON object. */
export function parseBody(bytes: Buffer): Result<JsonObject, BodyProblem> {
  if (bytes.length === 0) return err({ kind: 'invalid_request', message: 'the request body is empty; a JSON object is expected' })
  const parsed = parseJson(bytes.toString('utf8'))
  if (!parsed.ok) return err({ kind: 'invalid_request', message: `the request body is not valid JSON: ${clean(parsed.error)}` })
  if (!isObject(parsed.value)) return err({ kind: 'invalid_request', message: 'the request body must be a JSON object' })
  return ok(parsed.value)
}

/** V8 quotes the source in its message; a client's own text may be long. */
function clean(message: string): string {
  return message.length > 200 ? `${message.slice(0, 200)}…` : message
}
