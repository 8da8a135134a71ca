import type { Failure, FailureKind } from '#canonical/failure.ts'

/** Response headers, lower-case names. */
export type ErrorHeaders = Readonly<Record<string, string | undefined>>

/** What an error's body says, whatever its shape. */
export type ErrorText = {
  readonly message: string
  readonly code?: string
  readonly type?: string
  readonly param?: string
  /** A status inside the body, where the answer's own says nothing. */
  readonly status?: string
}

// Longer ones say no more, and are searched for many words.
const longestMessage = 4000

const dayMs = 86_400_000

/** Servers have asked for less than nothing and for ages: at most a day is waited. */
export function sensibleWait(ms: number): number {
  return Math.max(0, Math.min(ms, dayMs))
}

/** The class of an error answer: by what its text says where that is known, else by its status. */
export function classifyError(status: number, headers: ErrorHeaders, text: ErrorText): Failure {
  const message = text.message.slice(0, longestMessage)
  const kind = kindOf(status, { ...text, message })
  const retryAfterMs = kind === 'rate_limit' || kind === 'overloaded' || kind === 'server' ? retryAfter(headers) : undefined
  return {
    kind,
    phase: 'headers',
    status,
    message: message === '' ? `HTTP ${status}` : message,
    ...(text.code === undefined && text.type === undefined ? {} : { code: text.code ?? text.type ?? '' }),
    ...(text.param === undefined ? {} : { param: text.param }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(kind === 'rate_limit' && permanentLimit.test(message) ? { permanent: true } : {}),
  }
}

// Providers have no common code for these; the words are theirs, collected from recorded answers.
const contextLength =
  /context[ _-]?(length|window|size)|maximum (context|prompt|input|number of tokens)|prompt is too long|too many (input )?tokens|input (is )?too long|input token count|exceeds? the (max|limit|model)|reduce the length|prompt contains .* tokens|too large for model|max(imum)? (tokens|sequence)|range of input length|TOO_MANY_TOKENS/i
const contentFilter =
  /content[ _-]?(filter|policy|management)|data_inspection_failed|responsible ai|moderation|safety system|flagged/i
const credentials = /api[ _-]?key|authentication|unauthorized|credentials|permission|not valid|invalid token|bearer/i
const credit =
  /insufficient (balance|credit|funds)|credit balance|billing|payment|exceeded your current quota|arrears|requires more credits|out of credit|spending limit/i
const overload = /overload|at capacity|capacity|try again later|temporarily unavailable|high demand/i
const permanentLimit = /request too large|too large for|limit: 0\b|quota.*\b0\b.*limit|must be reduced/i
const clientsFault =
  /failed to (load|fetch|download|decode).*(image|url|media|file)|invalid (url|image)|unsupported (image|content)|could not (download|decode)/i

function kindOf(status: number, text: ErrorText): FailureKind {
  const words = `${text.code ?? ''} ${text.type ?? ''} ${text.message}`
  switch (status) {
    case 400:
    case 422:
      return badRequest(words)
    case 401:
      return 'auth'
    case 402:
      return 'billing'
    case 403:
      return credit.test(words) ? 'billing' : contentFilter.test(words) ? 'content_filter' : 'auth'
    case 404:
      return 'not_found'
    case 408:
    case 504:
      return 'timeout'
    case 409:
    case 425:
      return 'server'
    case 413:
      return /rate[ _]?limit|tokens per minute/i.test(words) ? 'rate_limit' : 'context_length'
    case 429:
      return tooMany(text, words)
    case 503:
    case 529:
      return 'overloaded'
    default:
      return otherStatus(status, words)
  }
}

function badRequest(words: string): FailureKind {
  if (contextLength.test(words)) return 'context_length'
  if (contentFilter.test(words)) return 'content_filter'
  if (credit.test(words)) return 'billing'
  if (/invalid_api_key|incorrect api key|API_KEY_INVALID|api key not valid|invalid api key/i.test(words)) return 'auth'
  if (/model.{0,40}(not found|does not exist|not exist|unknown)|model_not_found|invalid model/i.test(words)) return 'not_found'
  return 'invalid_request'
}

/** 429 is also said of an empty account, and of a prompt that is too long. */
function tooMany(text: ErrorText, words: string): FailureKind {
  if (credit.test(text.message) && !/per minute|per second|rpm|tpm|rate/i.test(words)) return 'billing'
  if (/context[ _-]length/i.test(words)) return 'context_length'
  return 'rate_limit'
}

function otherStatus(status: number, words: string): FailureKind {
  if (status >= 500) {
    if (clientsFault.test(words)) return 'invalid_request'
    if (contextLength.test(words) && /exceed|too long|maximum/i.test(words)) return 'context_length'
    return overload.test(words) ? 'overloaded' : 'server'
  }
  return credentials.test(words) && status === 407 ? 'auth' : 'invalid_request'
}

/** How long a provider asks to wait. RFC 9110, section 10.2.3; `retry-after-ms` is OpenAI's and Azure's. */
export function retryAfter(headers: ErrorHeaders, nowMs: number = Date.now()): number | undefined {
  const ms = Number(headers['retry-after-ms'])
  if (headers['retry-after-ms'] !== undefined && Number.isFinite(ms) && ms >= 0) return sensibleWait(ms)
  const text = headers['retry-after']
  if (text === undefined) return undefined
  const seconds = Number(text)
  if (Number.isFinite(seconds)) return sensibleWait(seconds * 1000)
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : sensibleWait(date - nowMs)
}
