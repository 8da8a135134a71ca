import type { Failure } from '#canonical/failure.ts'
import { asObject, asString, isObject, parseJson } from '#lib/json.ts'
import { classifyError, type ErrorHeaders, type ErrorText } from './classify-error.ts'
import type { ClientError, EncodedError } from './dialect.ts'

/** An error status of any server with this API. */
export function decodeError(status: number, headers: ErrorHeaders, body: string): Failure {
  const parsed = parseJson(body)
  const text = parsed.ok && isObject(parsed.value) ? readError(parsed.value) : { message: body.slice(0, 300) }
  return classifyError(status, headers, text)
}

/** An error object inside an answer of status 200. */
export function errorInAnswer(value: unknown): Failure {
  const text = readError(isObject(value) ? { error: value } : { error: { message: asString(value) ?? 'an error' } })
  const status = Number(text.status ?? text.code)
  const known = Number.isInteger(status) && status >= 400 && status < 600
  return { ...classifyError(known ? status : 500, {}, text), phase: 'first_token' }
}

/** The shapes in use: `{error: {…}}`, `{error: "text", code}`, `{detail}`, `{message}`, `{object: "error", …}`. */
export function readError(body: Readonly<Record<string, unknown>>): ErrorText {
  const inner = body['error']
  const error = isObject(inner) ? inner : body
  const detail = error['detail']
  const message =
    asString(error['message']) ??
    asString(inner) ??
    asString(detail) ??
    (detail === undefined ? JSON.stringify(body).slice(0, 300) : JSON.stringify(detail).slice(0, 300))
  const raw = asObject(error['metadata'])['raw']
  const code = wordOf(error['code'] ?? body['code'])
  const status = wordOf(error['status_code'])
  return {
    message: typeof raw === 'string' && raw !== '' ? `${message}: ${raw.slice(0, 300)}` : message,
    ...(code === undefined ? {} : { code }),
    ...(typeof error['type'] === 'string' ? { type: error['type'] } : {}),
    ...(typeof error['param'] === 'string' ? { param: error['param'] } : {}),
    ...(status === undefined ? {} : { status }),
  }
}

/** A code is a word at some servers and a number at others. */
function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

type Form = { readonly status: number; readonly type: string }

/** Status and type by which OpenAI's SDK raises the right class. Source: platform.openai.com/docs/guides/error-codes. */
const forms: Readonly<Record<ClientError['kind'], Form>> = {
  invalid_request: { status: 400, type: 'invalid_request_error' },
  context_length: { status: 400, type: 'invalid_request_error' },
  content_filter: { status: 400, type: 'invalid_request_error' },
  unsupported: { status: 400, type: 'invalid_request_error' },
  client_auth: { status: 401, type: 'invalid_request_error' },
  billing: { status: 402, type: 'insufficient_quota' },
  permission: { status: 403, type: 'permission_error' },
  not_found: { status: 404, type: 'invalid_request_error' },
  method_not_allowed: { status: 405, type: 'invalid_request_error' },
  too_large: { status: 413, type: 'invalid_request_error' },
  rate_limit: { status: 429, type: 'rate_limit_error' },
  queue_full: { status: 503, type: 'overloaded_error' },
  overloaded: { status: 503, type: 'overloaded_error' },
  timeout: { status: 504, type: 'timeout_error' },
  // The provider's key is ours: the client must not blame its own.
  auth: { status: 502, type: 'api_error' },
  server: { status: 502, type: 'api_error' },
  network: { status: 502, type: 'api_error' },
  malformed: { status: 502, type: 'api_error' },
  cancelled: { status: 499, type: 'api_error' },
  internal: { status: 500, type: 'api_error' },
}

/** An error as OpenAI's SDKs read it. */
export function encodeError({ kind, code, message, param }: ClientError): EncodedError {
  const { status, type } = forms[kind]
  return { status, body: { error: { message, type, param: param ?? null, code } } }
}
