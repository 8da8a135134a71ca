import type { Failure, FailureKind } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import { asArray, asNumber, asObject, asString, compact, isObject, parseJson } from '#lib/json.ts'
import { classifyError, type ErrorHeaders, retryAfter, sensibleWait } from '../classify-error.ts'
import type { ClientError, EncodedError } from '../dialect.ts'

/** Provider → canonical, an error status. Without `alt=sse` also an error comes as an array of one. */
export function decodeError(status: number, headers: ErrorHeaders, body: string): Failure {
  const parsed = parseJson(body)
  const value = parsed.ok ? (Array.isArray(parsed.value) ? asArray(parsed.value)[0] : parsed.value) : undefined
  const error = asObject(value)['error']
  return readError(status, headers, isObject(error) ? error : { message: asString(error) ?? body.slice(0, 300) })
}

/** An error object inside a stream or in place of an answer. */
export function errorInAnswer(error: Json): Failure {
  const status = asNumber(error['code']) ?? statusOfWord.get(asString(error['status']) ?? '') ?? 500
  return { ...readError(status, {}, error), phase: 'first_token' }
}

/** Source: google.rpc.Code and its HTTP mapping. */
const statusOfWord: ReadonlyMap<string, number> = new Map([
  ['INVALID_ARGUMENT', 400],
  ['FAILED_PRECONDITION', 400],
  ['OUT_OF_RANGE', 400],
  ['UNAUTHENTICATED', 401],
  ['PERMISSION_DENIED', 403],
  ['NOT_FOUND', 404],
  ['RESOURCE_EXHAUSTED', 429],
  ['INTERNAL', 500],
  ['UNKNOWN', 500],
  ['UNAVAILABLE', 503],
  ['DEADLINE_EXCEEDED', 504],
])

function readError(status: number, headers: ErrorHeaders, error: Json): Failure {
  const message = asString(error['message']) ?? ''
  const word = asString(error['status'])
  const details = asArray(error['details']).map(asObject)
  const reason = details.map((detail) => asString(detail['reason'])).find((found) => found !== undefined)
  const text = reason === undefined || message.includes(reason) ? message : `${message} (${reason})`
  const {
    retryAfterMs: _hinted,
    permanent: guessed,
    ...failure
  } = classifyError(status, headers, compact({ message: text, code: word }))
  const kind = kindOf(failure.kind, status, { words: `${word ?? ''} ${text}`, details })
  const waits = kind === 'rate_limit' || kind === 'overloaded' || kind === 'server'
  // A quota of nothing never passes.
  const none = violationsOf(details).some(({ quotaValue }) => quotaValue === '0' || quotaValue === 0)
  const permanent = kind === 'rate_limit' && (guessed === true || none) ? true : undefined
  return compact({
    ...failure,
    kind,
    retryAfterMs: waits ? (retryDelay(details, message) ?? retryAfter(headers)) : undefined,
    permanent,
  })
}

type Facts = { readonly words: string; readonly details: readonly Json[] }

/** What Google says otherwise than others do. */
function kindOf(kind: FailureKind, status: number, { words, details }: Facts): FailureKind {
  // "Exceeded your current quota … billing details" is said of every limit, those of a minute too.
  if (status === 429) return kind === 'billing' ? 'rate_limit' : kind
  // Google gave up, not the client.
  if (status === 499) return 'server'
  if (status === 400 && /user location is not supported|API key expired|API_KEY_(INVALID|EXPIRED)/i.test(words)) return 'auth'
  if (status === 400 && words.startsWith('FAILED_PRECONDITION') && /billing/i.test(words)) return 'billing'
  if (status === 403 && details.some(({ reason }) => reason === 'BILLING_DISABLED')) return 'billing'
  return kind
}

/** The quotas that were spent. Source: google.rpc.QuotaFailure. */
function violationsOf(details: readonly Json[]): readonly Json[] {
  return details.flatMap((detail) => asArray(detail['violations']).map(asObject))
}

// Until the day is over; nobody tells when it began.
const dailyWaitMs = 3_600_000

/** google.rpc.RetryInfo (`{"retryDelay": "17.5s"}`); some answers say it in their text only. For a day's quota it is seconds, too: wrongly. */
function retryDelay(details: readonly Json[], message: string): number | undefined {
  const daily = violationsOf(details).some(({ quotaId }) => (asString(quotaId) ?? '').includes('PerDay'))
  const delay = details.map((detail) => asString(detail['retryDelay'])).find((found) => found !== undefined)
  const told = delay ?? /retry in (?<seconds>[\d.]+)s/i.exec(message)?.groups?.['seconds']
  const seconds = Number(told?.replace(/s$/, ''))
  const toldMs = told !== undefined && Number.isFinite(seconds) ? sensibleWait(Math.round(seconds * 1000)) : undefined
  return daily ? Math.max(toldMs ?? 0, dailyWaitMs) : toldMs
}

type Form = { readonly code: number; readonly status: string }

/** Status and word by which Google's SDKs tell errors apart. */
const forms: Readonly<Record<ClientError['kind'], Form>> = {
  invalid_request: { code: 400, status: 'INVALID_ARGUMENT' },
  context_length: { code: 400, status: 'INVALID_ARGUMENT' },
  content_filter: { code: 400, status: 'INVALID_ARGUMENT' },
  unsupported: { code: 400, status: 'INVALID_ARGUMENT' },
  client_auth: { code: 401, status: 'UNAUTHENTICATED' },
  billing: { code: 402, status: 'RESOURCE_EXHAUSTED' },
  permission: { code: 403, status: 'PERMISSION_DENIED' },
  not_found: { code: 404, status: 'NOT_FOUND' },
  method_not_allowed: { code: 405, status: 'INVALID_ARGUMENT' },
  too_large: { code: 413, status: 'INVALID_ARGUMENT' },
  rate_limit: { code: 429, status: 'RESOURCE_EXHAUSTED' },
  cancelled: { code: 499, status: 'CANCELLED' },
  internal: { code: 500, status: 'INTERNAL' },
  server: { code: 500, status: 'INTERNAL' },
  queue_full: { code: 503, status: 'UNAVAILABLE' },
  overloaded: { code: 503, status: 'UNAVAILABLE' },
  network: { code: 503, status: 'UNAVAILABLE' },
  malformed: { code: 503, status: 'UNAVAILABLE' },
  // The provider's key is ours: the client must not blame its own.
  auth: { code: 503, status: 'UNAVAILABLE' },
  timeout: { code: 504, status: 'DEADLINE_EXCEEDED' },
}

export function encodeError({ kind, code: reason, message, param, retryAfterMs }: ClientError): EncodedError {
  const { code, status } = forms[kind]
  const violations = param === undefined ? [] : [badRequest(param, message)]
  const retry = retryAfterMs === undefined ? [] : [retryInfo(retryAfterMs)]
  return { status: code, body: { error: { code, message, status, details: [errorInfo(reason), ...violations, ...retry] } } }
}

/** The error object of a stream under way. */
export function errorElement(failure: Failure): string {
  const { code, status } = forms[failure.kind]
  const retry = failure.retryAfterMs === undefined ? [] : [retryInfo(failure.retryAfterMs)]
  const details = [errorInfo(failure.code ?? failure.kind), ...retry]
  return JSON.stringify({ error: { code, message: failure.message, status, details } })
}

function errorInfo(reason: string): Json {
  return { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: reason.toUpperCase(), domain: 'outrigger' }
}

function badRequest(field: string, description: string): Json {
  return { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field, description }] }
}

function retryInfo(retryAfterMs: number): Json {
  return { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterMs / 1000}s` }
}
