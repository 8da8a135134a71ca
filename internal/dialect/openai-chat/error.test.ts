import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FailureKind } from '#canonical/failure.ts'
import { decodeError, encodeError } from './error.ts'
import { durationMs } from './error-wait.ts'

type Case = {
  readonly name: string
  readonly status: number
  readonly body: unknown
  readonly headers?: Record<string, string>
  readonly kind: FailureKind
  readonly waitMs?: number
  readonly permanent?: boolean
  readonly param?: string
}

const tooLarge =
  'Rate limit reached for model `llama3-70b-8192` on tokens per minute (TPM): Limit 7000, Used 0, Requested ~12903. Please try again in 50.5s.'
const tpm =
  'Rate limit reached for o4-mini on tokens per min (TPM): Limit 200000, Used 162960, Requested 42288. Please try again in 1.574s.'

const cases: readonly Case[] = [
  {
    name: 'OpenAI, wrong key',
    status: 401,
    body: { error: { message: 'Incorrect API key provided', code: 'invalid_api_key' } },
    kind: 'auth',
  },
  {
    name: 'xAI, wrong key with 400',
    status: 400,
    body: { code: 'invalid-argument', error: 'Incorrect API key provided: x' },
    kind: 'auth',
  },
  { name: 'Mistral, wrong key', status: 401, body: { detail: 'Invalid API Key' }, kind: 'auth' },
  {
    name: 'Mistral, unknown model',
    status: 400,
    body: { object: 'error', message: 'Invalid model: x', type: 'invalid_model', code: '1500' },
    kind: 'not_found',
  },
  {
    name: 'Mistral, a field that is not known',
    status: 422,
    body: { detail: [{ loc: ['body', 'seed'], msg: 'Extra inputs are not permitted', type: 'extra_forbidden' }] },
    kind: 'invalid_request',
    param: 'seed',
  },
  { name: 'Azure, no deployment', status: 404, body: { error: { code: 'DeploymentNotFound', message: 'x' } }, kind: 'not_found' },
  {
    name: 'OpenAI, unpaid',
    status: 429,
    body: { error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' } },
    kind: 'billing',
  },
  {
    name: 'OpenAI, spent',
    status: 429,
    body: { error: { message: 'x', code: 'project_spend_limit_exceeded' } },
    kind: 'billing',
  },
  {
    name: 'Qwen, a limit of a minute that is called a quota',
    status: 429,
    body: {
      error: {
        code: 'insufficient_quota',
        type: 'insufficient_quota',
        message:
          'You exceeded your current quota. For details, see: https://help.aliyun.com/zh/model-studio/error-code#token-limit',
      },
    },
    kind: 'rate_limit',
  },
  {
    name: 'OpenAI, limited, with the wait in the text',
    status: 429,
    body: { error: { message: tpm, type: 'tokens', code: 'rate_limit_exceeded' } },
    kind: 'rate_limit',
    waitMs: 1574,
  },
  {
    name: 'Groq, larger than the limit of a minute',
    status: 429,
    body: { error: { message: tooLarge, type: 'tokens', code: 'rate_limit_exceeded' } },
    kind: 'rate_limit',
    permanent: true,
  },
  {
    name: 'a wait in milliseconds before one in seconds',
    status: 429,
    body: '',
    headers: { 'retry-after': '2', 'retry-after-ms': '150' },
    kind: 'rate_limit',
    waitMs: 150,
  },
  {
    name: 'the reset of the limit that is spent',
    status: 429,
    body: '',
    headers: {
      'x-ratelimit-remaining-requests': '10',
      'x-ratelimit-reset-requests': '6m0s',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '130ms',
    },
    kind: 'rate_limit',
    waitMs: 130,
  },
  { name: 'OpenAI, slow down', status: 429, body: { error: { message: 'x', code: 'slow_down' } }, kind: 'overloaded' },
  {
    name: 'Mistral, no capacity',
    status: 429,
    body: { object: 'error', message: 'Service tier capacity exceeded for this model.', type: 'invalid_request_error' },
    kind: 'overloaded',
  },
  {
    name: 'DeepSeek, context',
    status: 400,
    body: { error: { message: "This model's maximum context length is 1048565 tokens.", code: 'invalid_request_error' } },
    kind: 'context_length',
  },
  {
    name: 'llama.cpp, context',
    status: 400,
    body: {
      error: {
        code: 400,
        message: 'request (2009 tokens) exceeds the available context size (512 tokens)',
        type: 'exceed_context_size_error',
      },
    },
    kind: 'context_length',
  },
  {
    name: 'Perplexity, context',
    status: 400,
    body: { error: { message: 'The total length of all messages is too long.', type: 'too_many_prompt_tokens', code: 400 } },
    kind: 'context_length',
  },
  {
    name: 'Qwen, inspected',
    status: 400,
    body: {
      error: { message: '<400> InternalError.Algo.DataInspectionFailed: Input text data may contain inappropriate content.' },
    },
    kind: 'content_filter',
  },
  {
    name: "llama.cpp, the client's fault as 500",
    status: 500,
    body: { error: { code: 500, message: 'error: cannot make GET request', type: 'server_error' } },
    kind: 'invalid_request',
  },
  {
    name: 'Groq, a call that does not fit its schema',
    status: 400,
    body: { error: { message: 'x', type: 'invalid_request_error', code: 'tool_use_failed', failed_generation: '' } },
    kind: 'malformed',
  },
  {
    name: 'OpenRouter, what the upstream said',
    status: 429,
    body: {
      error: {
        code: 429,
        message: 'Provider returned error',
        metadata: { raw: '{"error":{"message":"slow","code":"slow_down"}}' },
      },
    },
    kind: 'overloaded',
  },
  {
    name: "Gemini's list",
    status: 429,
    body: [{ error: { code: 429, message: 'x', status: 'RESOURCE_EXHAUSTED' } }],
    kind: 'rate_limit',
  },
  { name: 'a page of a proxy', status: 502, body: '<html><style>b{}</style><h1>Bad   gateway</h1></html>', kind: 'server' },
]

for (const { name, status, body, headers = {}, kind, waitMs, permanent, param } of cases) {
  test(`chat error: ${name}`, () => {
    const failure = decodeError(status, headers, typeof body === 'string' ? body : JSON.stringify(body))
    assert.equal(failure.kind, kind)
    assert.equal(failure.status, status)
    assert.equal(failure.retryAfterMs, waitMs)
    assert.equal(failure.permanent, permanent)
    assert.equal(failure.param, param)
    assert.notEqual(failure.message, '')
    assert.ok(!failure.message.includes('<style'))
  })
}

test('chat error: durations as Go writes them', () => {
  const told = ['12ms', '1s', '6m0s', '1h2m3.5s', '0.5', 'soon', ''].map(durationMs)
  assert.deepEqual(told, [12, 1000, 360_000, 3_723_500, 500, undefined, undefined])
})

test('chat error: the client gets what its SDK raises the right class for', () => {
  const encoded = encodeError({ kind: 'context_length', code: 'context_length_exceeded', message: 'too long', requestId: 'r' })
  assert.deepEqual(encoded, {
    status: 400,
    body: { error: { message: 'too long', type: 'invalid_request_error', param: null, code: 'context_length_exceeded' } },
  })
  const statuses = (['client_auth', 'not_found', 'rate_limit', 'overloaded', 'auth', 'timeout'] as const).map(
    (kind) => encodeError({ kind, code: '', message: '', requestId: '' }).status,
  )
  assert.deepEqual(statuses, [401, 404, 429, 503, 502, 504])
})
