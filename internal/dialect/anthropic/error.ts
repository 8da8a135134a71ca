import type { Failure } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import { asObject, asString, compact, isObject, parseJson } from '#lib/json.ts'
import { classifyError, type ErrorHeaders, type ErrorText, sensibleWait } from '../classify-error.ts'
import type { ClientError, EncodedError } from '../dialect.ts'

/** An error status of any server with this API. */
export function decodeError(status: number, headers: ErrorHeaders, body: string): Failure {
  const parsed = parseJson(body)
  const text = parsed.ok && isObject(parsed.value) ? readError(parsed.value) : { message: body.slice(0, 300) }
  return refine(classifyError(status, headers, text), text, headers)
}

/** An error event inside a stream of status 200, or an error object in place of an answer. */
export function errorInAnswer(value: unknown): Failure {
  const text = readError(asObject(value))
  const failure = classifyError(statusOfType.get(text.type ?? '') ?? 500, {}, text)
  return { ...refine(failure, text, {}), phase: 'first_token' }
}

/** `{type: "error", error: {type, message, details}}`, and what proxies before Claude write: `{error: "text"}`, `{message}`, `{detail}`. */
function readError(body: Json): ErrorText {
  const error = isObject(body['error']) ? body['error'] : body
  const message =
    asString(error['message']) ?? asString(body['error']) ?? asString(error['detail']) ?? JSON.stringify(body).slice(0, 300)
  const type = asString(error['type'])
  return compact({
    message,
    type: type === 'error' ? undefined : type,
    code: asString(asObject(error['details'])['error_code']) ?? asString(error['code']),
  })
}

/** The status that goes with an error's type. Source: docs.anthropic.com/en/api/errors. */
const statusOfType: ReadonlyMap<string, number> = new Map([
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['conflict_error', 409],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['api_error', 500],
  ['timeout_error', 504],
  ['overloaded_error', 529],
])

/** Money and windows have no type of their own at Anthropic: a code or the text tells. */
function refine(failure: Failure, { message, type, code = '' }: ErrorText, headers: ErrorHeaders): Failure {
  const kind = kindOf(failure, message, `${type ?? ''} ${code}`)
  const { retryAfterMs: hinted, ...rest } = failure
  const waits = kind === 'rate_limit' || kind === 'overloaded' || kind === 'server'
  const retryAfterMs = waits ? (hinted ?? (kind === 'rate_limit' ? untilReset(headers) : undefined)) : undefined
  const permanent = kind === 'rate_limit' && /extra usage is required/i.test(message) ? true : rest.permanent
  return compact({ ...rest, kind, retryAfterMs, permanent })
}

function kindOf({ kind, status }: Failure, message: string, words: string): Failure['kind'] {
  if (/spend_limit_reached|billing_error|linked_organization/.test(words)) return 'billing'
  if (status === 400 && /spend(ing)? limit|usage limits/i.test(message)) return 'billing'
  if (status === 400 && /exceeds? (the )?context limit/i.test(message)) return 'context_length'
  return words.includes('overloaded_error') ? 'overloaded' : kind
}

const limits = ['requests', 'tokens', 'input-tokens', 'output-tokens'] as const

/** Where no `retry-after` came: until the spent limits are full again. Their reset is a date. */
function untilReset(headers: ErrorHeaders, nowMs: number = Date.now()): number | undefined {
  const waits = limits
    .filter((limit) => headers[`anthropic-ratelimit-${limit}-remaining`] === '0')
    .map((limit) => Date.parse(headers[`anthropic-ratelimit-${limit}-reset`] ?? '') - nowMs)
    .filter((wait) => wait > 0)
  return waits.length === 0 ? undefined : sensibleWait(Math.max(...waits))
}

type Form = { readonly status: number; readonly type: string }

/** Status and type by which Anthropic's SDK raises the right class. */
const forms: Readonly<Record<ClientError['kind'], Form>> = {
  invalid_request: { status: 400, type: 'invalid_request_error' },
  context_length: { status: 400, type: 'invalid_request_error' },
  content_filter: { status: 400, type: 'invalid_request_error' },
  unsupported: { status: 400, type: 'invalid_request_error' },
  client_auth: { status: 401, type: 'authentication_error' },
  billing: { status: 402, type: 'billing_error' },
  permission: { status: 403, type: 'permission_error' },
  not_found: { status: 404, type: 'not_found_error' },
  method_not_allowed: { status: 405, type: 'invalid_request_error' },
  too_large: { status: 413, type: 'request_too_large' },
  rate_limit: { status: 429, type: 'rate_limit_error' },
  queue_full: { status: 529, type: 'overloaded_error' },
  overloaded: { status: 529, type: 'overloaded_error' },
  timeout: { status: 504, type: 'timeout_error' },
  // The provider's key is ours: the client must not blame its own.
  auth: { status: 502, type: 'api_error' },
  server: { status: 502, type: 'api_error' },
  network: { status: 502, type: 'api_error' },
  malformed: { status: 502, type: 'api_error' },
  cancelled: { status: 499, type: 'api_error' },
  internal: { status: 500, type: 'api_error' },
}

export function encodeError({ kind, code, message, requestId }: ClientError): EncodedError {
  const { status, type } = forms[kind]
  const error = { type, message: worded(kind, message), details: { error_code: code } }
  return { status, body: { type: 'error', error, request_id: requestId } }
}

/** The data of an `event: error`, at which the SDK raises. */
export function errorEvent({ kind, code, message }: Failure, requestId: string): string {
  const error = { type: forms[kind].type, message: worded(kind, message), details: { error_code: code ?? kind } }
  return JSON.stringify({ type: 'error', error, request_id: requestId })
}

/** Agents shorten their history when they read these words of Anthropic's, which have no code. */
function worded(kind: ClientError['kind'], message: string): string {
  return kind === 'context_length' && !/prompt is too long/i.test(message) ? `prompt is too long: ${message}` : message
}
