import type { Failure } from '#canonical/failure.ts'
import { asObject, asString, isObject, parseJson } from '#lib/json.ts'
import { classifyError, type ErrorHeaders } from '../classify-error.ts'
import type { ClientError, EncodedError } from '../dialect.ts'

// Source: docs.anthropic.com/en/api/errors.
const statusOfType: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
}

export function decodeError(status: number, headers: ErrorHeaders, body: string): Failure {
  const parsed = parseJson(body)
  const error = parsed.ok && isObject(parsed.value) ? asObject(parsed.value['error']) : {}
  const message = asString(error['message']) ?? (parsed.ok && isObject(parsed.value) ? asString(parsed.value['message']) : undefined) ?? body.slice(0, 300)
  const type = asString(error['type'])
  return classifyError(status, headers, type === undefined ? { message } : { message, type })
}

/** An error event inside a stream of status 200, or an error object in place of an answer. */
export function errorInAnswer(value: unknown): Failure {
  const error = asObject(asObject(value)['error'])
  const type = asString(error['type']) ?? 'api_error'
  const failure = classifyError(statusOfType[type] ?? 500, {}, { message: asString(error['message']) ?? 'an error', type })
  return { ...failure, phase: 'first_token' }
}

type Form = { readonly status: number; readonly type: string }

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
  auth: { status: 502, type: 'api_error' },
  server: { status: 502, type: 'api_error' },
  network: { status: 502, type: 'api_error' },
  malformed: { status: 502, type: 'api_error' },
  cancelled: { status: 499, type: 'api_error' },
  internal: { status: 500, type: 'api_error' },
}

export function encodeError({ kind, code, message, requestId }: ClientError): EncodedError {
  const { status, type } = forms[kind]
  return { status, body: { type: 'error', error: { type, message, details: { error_code: code } }, request_id: requestId } }
}

/** The data of an `event: error`. */
export function errorEvent(failure: Failure, requestId: string): string {
  return JSON.stringify({ type: 'error', error: { type: forms[failure.kind].type, message: failure.message }, request_id: requestId })
}
