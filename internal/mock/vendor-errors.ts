import type { DialectName, Json } from '#canonical/request.ts'
import type { FaultOf } from './fault-kinds.ts'

/** What a vendor complains about. */
export type Complaint =
  | 'rate_limit'
  | 'server'
  | 'overloaded'
  | 'timeout'
  | 'auth'
  | 'billing'
  | 'context_length'
  | 'content_filter'
  | 'not_found'
  | 'invalid_request'

/** An error as the vendor of a dialect sends it. */
export type VendorError = {
  readonly status: number
  readonly complaint: Complaint
  /** What it says; the vendor's usual sentence when left out. */
  readonly message?: string
  /** How long the caller is asked to wait; a rate limit's. */
  readonly retryAfterMs?: number
}

type Wording = { readonly type: string; readonly code: string | null; readonly message: string }

// Sentences and codes as recorded from the vendors, so that what reads them is tested on the real thing.
const openaiWording: Readonly<Record<Complaint, Wording>> = {
  rate_limit: {
    type: 'requests',
    code: 'rate_limit_exceeded',
    message: 'Rate limit reached for mock-model on requests per min (RPM): Limit 3, Used 3, Requested 1.',
  },
  server: {
    type: 'server_error',
    code: null,
    message: 'The server had an error while processing your request. Sorry about that!',
  },
  overloaded: {
    type: 'server_error',
    code: 'server_is_overloaded',
    message: 'Our servers are currently overloaded. Please try again later.',
  },
  timeout: { type: 'server_error', code: null, message: 'Request timed out.' },
  auth: {
    type: 'invalid_request_error',
    code: 'invalid_api_key',
    message: 'Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.',
  },
  billing: {
    type: 'insufficient_quota',
    code: 'insufficient_quota',
    message: 'You exceeded your current quota, please check your plan and billing details.',
  },
  context_length: {
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
    message:
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 250000 tokens. Please reduce the length of the messages.",
  },
  content_filter: {
    type: 'invalid_request_error',
    code: 'content_policy_violation',
    message: 'Your request was rejected as a result of our safety system.',
  },
  not_found: {
    type: 'invalid_request_error',
    code: 'model_not_found',
    message: 'The model does not exist or you do not have access to it.',
  },
  invalid_request: { type: 'invalid_request_error', code: null, message: 'Invalid request.' },
}

const anthropicWording: Readonly<Record<Complaint, readonly [type: string, message: string]>> = {
  rate_limit: ['rate_limit_error', "This request would exceed your organization's rate limit of 50 requests per minute."],
  server: ['api_error', 'Internal server error'],
  overloaded: ['overloaded_error', 'Overloaded'],
  timeout: ['timeout_error', 'Request timed out'],
  auth: ['authentication_error', 'invalid x-api-key'],
  billing: [
    'billing_error',
    'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
  ],
  context_length: ['invalid_request_error', 'prompt is too long: 250000 tokens > 200000 maximum'],
  content_filter: ['invalid_request_error', 'Output blocked by content filtering policy'],
  not_found: ['not_found_error', 'model: unknown'],
  invalid_request: ['invalid_request_error', 'Invalid request'],
}

const geminiWording: Readonly<Record<Complaint, readonly [status: string, message: string]>> = {
  rate_limit: ['RESOURCE_EXHAUSTED', 'You exceeded your current quota, please check your plan and billing details.'],
  server: [
    'INTERNAL',
    'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
  ],
  overloaded: ['UNAVAILABLE', 'The model is overloaded. Please try again later.'],
  timeout: ['DEADLINE_EXCEEDED', 'The request timed out. Please try again.'],
  auth: ['UNAUTHENTICATED', 'Request had invalid authentication credentials.'],
  billing: ['RESOURCE_EXHAUSTED', 'Your prepaid credit is used up. Please check your plan and billing details.'],
  context_length: ['INVALID_ARGUMENT', 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'],
  content_filter: ['INVALID_ARGUMENT', 'The request was blocked by the safety settings.'],
  not_found: ['NOT_FOUND', 'models/unknown is not found for API version v1beta, or is not supported for generateContent.'],
  invalid_request: ['INVALID_ARGUMENT', 'Request contains an invalid argument.'],
}

/** The error's JSON body in the dialect's own shape. */
export function errorBody(dialect: DialectName, error: VendorError): Json {
  switch (dialect) {
    case 'anthropic': {
      const [type, message] = anthropicWording[error.complaint]
      return { type: 'error', error: { type, message: error.message ?? message }, request_id: 'req_mock' }
    }
    case 'gemini':
      return geminiBody(error)
    default: {
      // The shape that most vendors took from OpenAI.
      const { type, code, message } = openaiWording[error.complaint]
      return { error: { message: error.message ?? message, type, param: null, code } }
    }
  }
}

function geminiBody(error: VendorError): Json {
  const [status, message] = geminiWording[error.complaint]
  const wait = error.retryAfterMs
  const quota = { quotaId: 'GenerateRequestsPerMinutePerProjectPerModel', quotaValue: '5' }
  const details =
    wait === undefined
      ? {}
      : {
          details: [
            { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [quota] },
            { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${wait / 1000}s` },
          ],
        }
  return { error: { code: error.status, message: error.message ?? message, status, ...details } }
}

/** The frames of an error inside a stream that began with 200. */
export function errorFrames(dialect: DialectName, error: VendorError): string {
  const body = JSON.stringify(errorBody(dialect, error))
  switch (dialect) {
    case 'anthropic':
      return `event: error\ndata: ${body}\n\n`
    case 'openai-responses': {
      const { code, message } = {
        ...openaiWording[error.complaint],
        ...(error.message === undefined ? {} : { message: error.message }),
      }
      const told = { code: code ?? 'server_error', message }
      const failed = { id: 'resp_mock', object: 'response', status: 'failed', error: told, output: [] }
      // Both come: first the bare event, then the response that failed.
      return (
        `event: error\ndata: ${JSON.stringify({ type: 'error', sequence_number: 1000, ...told, param: null })}\n\n` +
        `event: response.failed\ndata: ${JSON.stringify({ type: 'response.failed', sequence_number: 1001, response: failed })}\n\n`
      )
    }
    default:
      return `data: ${body}\n\n`
  }
}

/** What a status means when nothing else is known. */
export function complaintOf(status: number): Complaint {
  const known: Readonly<Record<number, Complaint>> = {
    401: 'auth',
    402: 'billing',
    403: 'auth',
    404: 'not_found',
    408: 'timeout',
    429: 'rate_limit',
    503: 'overloaded',
    504: 'timeout',
    529: 'overloaded',
  }
  return known[status] ?? (status >= 500 ? 'server' : 'invalid_request')
}

/** The headers that say how long to wait. `nowSeconds` is the time that dates are told from. */
export function waitHeaders(
  dialect: DialectName,
  rule: FaultOf<'rate_limit'>,
  nowSeconds: number,
): Readonly<Record<string, string>> {
  const seconds = String(Math.ceil(rule.retry_after / 1000))
  const at = new Date(nowSeconds * 1000 + rule.retry_after)
  switch (rule.hint) {
    case 'none':
      return {}
    case 'seconds':
      return { 'retry-after': seconds }
    case 'milliseconds':
      return { 'retry-after-ms': String(rule.retry_after) }
    case 'date':
      return { 'retry-after': at.toUTCString() }
    case 'vendor':
      return vendorWaitHeaders(dialect, { seconds, ms: rule.retry_after, at })
  }
}

type Wait = { readonly seconds: string; readonly ms: number; readonly at: Date }

function vendorWaitHeaders(dialect: DialectName, wait: Wait): Readonly<Record<string, string>> {
  switch (dialect) {
    case 'anthropic':
      return {
        'retry-after': wait.seconds,
        'anthropic-ratelimit-requests-limit': '50',
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': wait.at.toISOString(),
      }
    case 'gemini':
      // Gemini tells it in the body only.
      return {}
    default:
      return {
        'retry-after': wait.seconds,
        'retry-after-ms': String(wait.ms),
        'x-ratelimit-limit-requests': '3',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': `${wait.ms}ms`,
      }
  }
}
