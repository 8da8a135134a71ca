import type { Failure, FailureKind } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import { asObject, asString, compact, isObject, parseJson } from '#lib/json.ts'
import { classifyError, type ErrorHeaders, retryAfter } from '../classify-error.ts'

/** An error status. The class stands in a header, sometimes in the body. */
export function decodeError(status: number, headers: ErrorHeaders, body: string): Failure {
  const parsed = parseJson(body)
  const value: Json = parsed.ok && isObject(parsed.value) ? parsed.value : { message: body.slice(0, 300) }
  const type = headers['x-amzn-errortype'] ?? asString(value['__type']) ?? asString(value['code']) ?? ''
  return failureOf(status, headers, nameOf(type), messageOf(value))
}

/** An exception inside a stream. `modelStreamErrorException` tells what the model's own server said. */
export function exceptionInStream(type: string, data: string): Failure {
  const parsed = parseJson(data)
  const value: Json = parsed.ok && isObject(parsed.value) ? parsed.value : { message: data.slice(0, 300) }
  const name = nameOf(type)
  const { status: _none, ...failure } = failureOf(statusOf.get(name) ?? 500, {}, name, messageOf(value))
  return { ...failure, phase: 'first_token' }
}

/** `ThrottlingException:http://internal.amazon.com/…`, `com.amazon…#ThrottlingException`, `throttlingException`. */
function nameOf(type: string): string {
  const name = type.split(':')[0]?.split('#').at(-1) ?? ''
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function messageOf(value: Json): string {
  const message = asString(value['message']) ?? asString(value['Message']) ?? asString(asObject(value['error'])['message']) ?? ''
  const original = asString(value['originalMessage'])
  return original === undefined || original === '' || message.includes(original) ? message : `${message}: ${original}`
}

/** Source: docs.aws.amazon.com/bedrock/latest/APIReference, errors of Converse and ConverseStream. */
const statusOf: ReadonlyMap<string, number> = new Map([
  ['ValidationException', 400],
  ['AccessDeniedException', 403],
  ['ResourceNotFoundException', 404],
  ['ModelTimeoutException', 408],
  ['ModelErrorException', 424],
  ['ModelStreamErrorException', 424],
  ['ThrottlingException', 429],
  ['ModelNotReadyException', 429],
  ['InternalServerException', 500],
  ['ServiceUnavailableException', 503],
])

/** Classes that say more than the status beside them. */
const kinds: ReadonlyMap<string, FailureKind> = new Map([
  ['ThrottlingException', 'rate_limit'],
  ['TooManyRequestsException', 'rate_limit'],
  ['ServiceQuotaExceededException', 'rate_limit'],
  // The model is being loaded.
  ['ModelNotReadyException', 'overloaded'],
  ['ServiceUnavailableException', 'overloaded'],
  ['ModelTimeoutException', 'timeout'],
  ['ModelErrorException', 'server'],
  ['ModelStreamErrorException', 'server'],
  ['InternalServerException', 'server'],
  ['ResourceNotFoundException', 'not_found'],
  ['AccessDeniedException', 'auth'],
  ['UnrecognizedClientException', 'auth'],
  ['InvalidSignatureException', 'auth'],
  ['IncompleteSignatureException', 'auth'],
  ['MissingAuthenticationTokenException', 'auth'],
  ['ExpiredTokenException', 'auth'],
])

/** What a `ValidationException` means, its text tells. */
const texts: readonly (readonly [RegExp, FailureKind])[] = [
  [/input tokens exceeded|input is too long|too many input tokens|prompt is too long/i, 'context_length'],
  [/model identifier is invalid|on-demand throughput isn.t supported|end of its life/i, 'not_found'],
]

function failureOf(status: number, headers: ErrorHeaders, name: string, message: string): Failure {
  const { retryAfterMs: _hint, ...failure } = classifyError(status, headers, compact({ message, code: name || undefined }))
  const kind =
    (status === 400 || status === 404 ? texts.find(([text]) => text.test(message))?.[1] : undefined) ??
    kinds.get(name) ??
    failure.kind
  const waits = kind === 'rate_limit' || kind === 'overloaded' || kind === 'server'
  return compact({ ...failure, kind, retryAfterMs: waits ? retryAfter(headers) : undefined })
}
