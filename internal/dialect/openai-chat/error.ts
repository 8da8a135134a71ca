import type { Failure, FailureKind, Phase } from '#canonical/failure.ts'
import type { Json } from '#canonical/request.ts'
import { asArray, asObject, asString, entryOf, isObject, parseJson } from '#lib/json.ts'
import { classifyError, type ErrorHeaders, type ErrorText, retryAfter } from '../classify-error.ts'
import type { ClientError, EncodedError } from '../dialect.ts'
import { waitOf } from './error-wait.ts'

/** An error status of any server with this API. */
export function decodeError(status: number, headers: ErrorHeaders, body: string): Failure {
  const parsed = parseJson(body)
  // Gemini's OpenAI layer answers with a list of one.
  const value = parsed.ok && Array.isArray(parsed.value) ? asArray(parsed.value)[0] : parsed.ok ? parsed.value : undefined
  const text = isObject(value) ? readError(value) : { message: plainText(body) }
  return withWait(correct(classifyError(status, headers, text), text), headers, text)
}

/** HTML pages of proxies say little, in many words. */
function plainText(body: string): string {
  return body
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 300)
}

/** The error within an answer or chunk of status 200, when it is one. */
export function findError(body: Json): unknown {
  const { error } = body
  if (isObject(error) || (typeof error === 'string' && error !== '')) return error
  return body['object'] === 'error' ? body : undefined
}

/** Reads what `findError` found. There is no status to go by, so the error's own words decide. */
export function errorInAnswer(value: unknown, phase: Phase): Failure {
  const text = readError(isObject(value) ? { error: value } : { error: { message: asString(value) ?? 'an error' } })
  const told = Number(text.status ?? text.code)
  const status = Number.isInteger(told) && told >= 400 && told < 600 ? told : statusOf(text)
  const { status: _none, ...failure } = withWait(correct(classifyError(status, {}, text), text), {}, text)
  return { ...failure, phase }
}

function statusOf({ code = '', type = '', message }: ErrorText): number {
  const words = `${code} ${type}`
  if (/rate_?limit|too_?many|resource_exhausted|quota|throttl/i.test(words)) return 429
  if (/overload|capacity|unavailable/i.test(words)) return 503
  if (/timeout|timed_?out/i.test(words)) return 504
  if (/auth|api_?key|permission/i.test(words)) return 401
  if (/not_?found/i.test(words)) return 404
  if (/invalid|bad_?request|badrequest|content|context|tool_use|validate/i.test(words)) return 400
  return /overloaded|at capacity/i.test(message) ? 503 : 500
}

/** The shapes in use: `{error: {…}}`, `{error: "text", code}`, `{detail}`, `{message}`, `{object: "error", …}`. */
function readError(body: Json): ErrorText {
  const inner = body['error']
  const error = isObject(inner) ? inner : body
  const hidden = hiddenError(error)
  const code = error['code'] ?? body['code']
  const status = error['status_code'] ?? error['raw_status_code']
  return {
    message: [messageOf(body, error), hidden?.message ?? ''].filter((text) => text !== '').join(': '),
    ...told('code', hidden?.code ?? code),
    ...told('type', error['type'] ?? error['status']),
    ...told('param', error['param'] ?? paramOf(error['detail'])),
    ...told('status', status),
  }
}

function told<K extends string>(name: K, value: unknown): { readonly [key in K]?: string } {
  const given: { [key in K]?: string } = {}
  if (typeof value === 'string' || typeof value === 'number') given[name] = String(value)
  return given
}

function messageOf(body: Json, error: Json): string {
  const { detail } = error
  return (
    asString(error['message']) ??
    asString(body['error']) ??
    asString(detail) ??
    listed(detail) ??
    JSON.stringify(body).slice(0, 300)
  )
}

/** FastAPI's list of what is wrong with each field. Mistral, vLLM. */
function listed(detail: unknown): string | undefined {
  const entries = asArray(detail).map(asObject)
  if (entries.length === 0) return undefined
  return entries
    .slice(0, 5)
    .map((entry) => `${paramOf([entry]) ?? 'body'}: ${asString(entry['msg']) ?? 'is wrong'}`)
    .join('; ')
}

function paramOf(detail: unknown): string | undefined {
  const path = asArray(asObject(asArray(detail)[0])['loc']).filter(
    (step) => typeof step === 'number' || (typeof step === 'string' && step !== 'body'),
  )
  return path.length === 0 ? undefined : path.join('.')
}

/** OpenRouter hides what its upstream said. */
function hiddenError(error: Json): { readonly message: string; readonly code?: string } | undefined {
  const raw = asString(asObject(error['metadata'])['raw'])
  if (raw === undefined || raw === '') return undefined
  const parsed = parseJson(raw)
  if (!parsed.ok || !isObject(parsed.value)) return { message: raw.slice(0, 300) }
  const upstream = asObject(parsed.value['error'])
  const message = asString(upstream['message']) ?? asString(parsed.value['message']) ?? raw.slice(0, 300)
  const code = asString(upstream['code']) ?? asString(upstream['type'])
  return code === undefined ? { message } : { message, code }
}

/** Codes that say more than the status beside them. */
const kindsByCode: Readonly<Record<string, FailureKind>> = {
  // The model's fault: asked again, it may do better.
  tool_use_failed: 'malformed',
  json_validate_failed: 'malformed',
  context_length_exceeded: 'context_length',
  exceed_context_size_error: 'context_length',
  string_above_max_length: 'context_length',
  too_many_prompt_tokens: 'context_length',
  content_filter: 'content_filter',
  content_policy_violation: 'content_filter',
  invalid_prompt: 'content_filter',
  bio_policy: 'content_filter',
  data_inspection_failed: 'content_filter',
  credit_balance_exhausted: 'billing',
  organization_spend_limit_exceeded: 'billing',
  project_spend_limit_exceeded: 'billing',
  organization_usage_limit_exceeded: 'billing',
  billing_hard_limit_reached: 'billing',
  Arrearage: 'billing',
  slow_down: 'overloaded',
  server_is_overloaded: 'overloaded',
  capacity_exceeded: 'overloaded',
  rate_limit_error: 'rate_limit',
  unsupported_country_region_territory: 'auth',
}

// Texts without a code of their own, collected from recorded and quoted answers.
const kindsByText: readonly (readonly [RegExp, FailureKind])[] = [
  [/total length of all messages is too long|too large to process/i, 'context_length'],
  [/DataInspectionFailed/i, 'content_filter'],
  [/service tier capacity exceeded|no capacity available/i, 'overloaded'],
  [/cannot make GET request|cannot use both json_schema and grammar|failed to load image or audio/i, 'invalid_request'],
  // Qwen calls a limit of a minute a quota; its page says which.
  [/aliyun\.com\S*#token-limit/i, 'rate_limit'],
]

function correct(failure: Failure, { code = '', type = '', message }: ErrorText): Failure {
  const byText = kindsByText.find(([pattern]) => pattern.test(message))?.[1]
  const kind = byText ?? entryOf(kindsByCode, code) ?? entryOf(kindsByCode, type)
  if (kind !== undefined) return kind === failure.kind ? failure : { ...failure, kind }
  const unpaid = code === 'insufficient_quota' || type === 'insufficient_quota'
  return unpaid && failure.kind !== 'billing' ? { ...failure, kind: 'billing' } : failure
}

/** How long to wait, and whether waiting helps at all. */
function withWait(failure: Failure, headers: ErrorHeaders, { message }: ErrorText): Failure {
  if (failure.kind !== 'rate_limit' && failure.kind !== 'overloaded' && failure.kind !== 'server') {
    const { retryAfterMs: _wait, permanent: _permanent, ...rest } = failure
    return rest
  }
  const wait = failure.kind === 'rate_limit' ? waitOf(headers, message) : {}
  const retryAfterMs = failure.retryAfterMs ?? retryAfter(headers) ?? wait.retryAfterMs
  return {
    ...failure,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(wait.permanent === true ? { permanent: true } : {}),
  }
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
  permission: { status: 403, type: 'invalid_request_error' },
  not_found: { status: 404, type: 'invalid_request_error' },
  method_not_allowed: { status: 405, type: 'invalid_request_error' },
  too_large: { status: 413, type: 'invalid_request_error' },
  rate_limit: { status: 429, type: 'rate_limit_error' },
  queue_full: { status: 503, type: 'server_error' },
  overloaded: { status: 503, type: 'server_error' },
  timeout: { status: 504, type: 'server_error' },
  // The provider's key is ours: the client must not blame its own.
  auth: { status: 502, type: 'api_error' },
  server: { status: 502, type: 'server_error' },
  network: { status: 502, type: 'server_error' },
  malformed: { status: 502, type: 'server_error' },
  cancelled: { status: 499, type: 'server_error' },
  internal: { status: 500, type: 'server_error' },
}

export function encodeError({ kind, code, message, param }: ClientError): EncodedError {
  const { status, type } = forms[kind]
  return { status, body: { error: { message, type, param: param ?? null, code } } }
}

/** The error event of a stream: any chunk with an `error` makes the SDK raise. */
export function errorChunk(failure: Failure): string {
  const { type } = forms[failure.kind]
  const code = failure.kind === 'context_length' ? 'context_length_exceeded' : (failure.code ?? failure.kind)
  return JSON.stringify({ error: { message: failure.message, type, param: failure.param ?? null, code } })
}
