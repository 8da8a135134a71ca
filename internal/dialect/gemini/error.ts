import type { Failure } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString, isObject, parseJson } from '#lib/json.ts'
import { classifyError, type ErrorHeaders } from '../classify-error.ts'
import type { ClientError, EncodedError } from '../dialect.ts'

export function decodeError(status: number, headers: ErrorHeaders, body: string): Failure {
  const parsed = parseJson(body)
  // Without `alt=sse` also an error comes as an array of one.
  const value = parsed.ok && Array.isArray(parsed.value) ? asArray(parsed.value)[0] : parsed.ok ? parsed.value : undefined
  return readError(status, headers, isObject(value) ? asObject(value['error']) : {}, body)
}

/** An error object inside a stream or in place of an answer. */
export function errorInAnswer(error: Json): Failure {
  return { ...readError(asNumber(error['code']) ?? 500, {}, error, ''), phase: 'first_token' }
}

function readError(status: number, headers: ErrorHeaders, error: Json, body: string): Failure {
  const message = asString(error['message']) ?? body.slice(0, 300)
  const code = asString(error['status'])
  const details = asArray(error['details']).map(asObject)
  const reason = details.map((detail) => asString(detail['reason'])).find((found) => found !== undefined)
  const classified = classifyError(status, headers, {
    message: reason === undefined ? message : `${message} (${reason})`,
    ...(code === undefined ? {} : { code }),
  })
  // Google says "exceeded your current quota … billing details" of every limit, those of a minute too.
  const failure: Failure = status === 429 && classified.kind === 'billing' ? { ...classified, kind: 'rate_limit' } : classified
  const retryAfterMs = retryDelay(details) ?? failure.retryAfterMs
  const permanent = details.some((detail) =>
    asArray(detail['violations']).some((violation) => asString(asObject(violation)['quotaValue']) === '0'),
  )
  return {
    ...failure,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(failure.kind === 'rate_limit' && permanent ? { permanent: true } : {}),
  }
}

/** google.rpc.RetryInfo: `{"retryDelay": "17.5s"}`. */
function retryDelay(details: readonly Json[]): number | undefined {
  const delay = details.map((detail) => asString(detail['retryDelay'])).find((found) => found !== undefined)
  const seconds = Number(delay?.replace(/s$/, ''))
  return delay !== undefined && Number.isFinite(seconds) ? seconds * 1000 : undefined
}

type Form = { readonly code: number; readonly status: string }

/** Source: google.rpc.Code and its HTTP mapping. */
const forms: Readonly<Record<ClientError['kind'], Form>> = {
  invalid_request: { code: 400, status: 'INVALID_ARGUMENT' },
  context_length: { code: 400, status: 'INVALID_ARGUMENT' },
  content_filter: { code: 400, status: 'INVALID_ARGUMENT' },
  unsupported: { code: 400, status: 'INVALID_ARGUMENT' },
  client_auth: { code: 401, status: 'UNAUTHENTICATED' },
  billing: { code: 402, status: 'FAILED_PRECONDITION' },
  permission: { code: 403, status: 'PERMISSION_DENIED' },
  not_found: { code: 404, status: 'NOT_FOUND' },
  method_not_allowed: { code: 405, status: 'INVALID_ARGUMENT' },
  too_large: { code: 413, status: 'INVALID_ARGUMENT' },
  rate_limit: { code: 429, status: 'RESOURCE_EXHAUSTED' },
  queue_full: { code: 503, status: 'UNAVAILABLE' },
  overloaded: { code: 503, status: 'UNAVAILABLE' },
  timeout: { code: 504, status: 'DEADLINE_EXCEEDED' },
  auth: { code: 503, status: 'UNAVAILABLE' },
  server: { code: 502, status: 'UNAVAILABLE' },
  network: { code: 502, status: 'UNAVAILABLE' },
  malformed: { code: 502, status: 'UNAVAILABLE' },
  cancelled: { code: 499, status: 'CANCELLED' },
  internal: { code: 500, status: 'INTERNAL' },
}

export function encodeError({ kind, code: reason, message }: ClientError): EncodedError {
  const { code, status } = forms[kind]
  const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: reason.toUpperCase(), domain: 'outrigger' }]
  return { status: code, body: { error: { code, message, status, details } } }
}

/** The error object of a stream under way. */
export function errorElement(failure: Failure): string {
  const { code, status } = forms[failure.kind]
  return JSON.stringify({ error: { code, message: failure.message, status } })
}
