import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeError, encodeError, errorInAnswer } from './error.ts'

function body(type: string, message: string, details?: object): string {
  return JSON.stringify({ type: 'error', error: { type, message, ...(details === undefined ? {} : { details }) } })
}

test('decodeError: class and wait', async (t) => {
  const reset = new Date(Date.now() + 60_000).toISOString()
  const spent = { 'anthropic-ratelimit-tokens-remaining': '0', 'anthropic-ratelimit-tokens-reset': reset }
  const cases: readonly {
    name: string
    status: number
    text: string
    kind: string
    headers?: Record<string, string>
    waits?: boolean
  }[] = [
    { name: 'wrong key', status: 401, text: body('authentication_error', 'invalid x-api-key'), kind: 'auth' },
    { name: 'unknown model', status: 404, text: body('not_found_error', 'model: x'), kind: 'not_found' },
    { name: 'bad field', status: 400, text: body('invalid_request_error', 'temperature: range: 0..1'), kind: 'invalid_request' },
    {
      name: 'prompt too long',
      status: 400,
      text: body('invalid_request_error', 'prompt is too long: 3333404 tokens > 200000 maximum'),
      kind: 'context_length',
    },
    {
      name: 'prompt and limit too long',
      status: 400,
      text: body('invalid_request_error', 'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000'),
      kind: 'context_length',
    },
    { name: 'bytes', status: 413, text: body('request_too_large', 'Request exceeds the maximum size'), kind: 'context_length' },
    {
      name: 'no money',
      status: 400,
      text: body('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
      kind: 'billing',
    },
    {
      name: 'own spend limit',
      status: 429,
      text: body('rate_limit_error', 'x', { error_code: 'enforced_spend_limit_reached' }),
      kind: 'billing',
      headers: spent,
    },
    {
      name: 'told wait',
      status: 429,
      text: body('rate_limit_error', 'x'),
      kind: 'rate_limit',
      headers: { 'retry-after': '7' },
      waits: true,
    },
    {
      name: 'wait by the reset',
      status: 429,
      text: body('rate_limit_error', 'x'),
      kind: 'rate_limit',
      headers: spent,
      waits: true,
    },
    { name: 'overloaded', status: 529, text: body('overloaded_error', 'Overloaded'), kind: 'overloaded' },
    { name: 'internal', status: 500, text: body('api_error', 'Internal server error'), kind: 'server' },
    { name: 'a proxy’s page', status: 502, text: '<html>Bad gateway</html>', kind: 'server' },
    { name: 'a proxy’s words', status: 403, text: '{"detail":"no"}', kind: 'auth' },
  ]
  for (const { name, status, text, kind, headers = {}, waits = false } of cases) {
    await t.test(name, () => {
      const failure = decodeError(status, headers, text)
      assert.deepEqual([failure.kind, failure.status, failure.retryAfterMs !== undefined], [kind, status, waits])
    })
  }
})

test('errorInAnswer: the type stands for the status', () => {
  const { kind, phase, code } = errorInAnswer({ type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } })
  assert.deepEqual([kind, phase, code], ['rate_limit', 'first_token', 'rate_limit_error'])
})

test('encodeError: agents find the words they look for', () => {
  const { status, body: written } = encodeError({
    kind: 'context_length',
    code: 'context_length_exceeded',
    message: 'no target is large enough',
    requestId: 'r',
  })
  assert.equal(status, 400)
  assert.deepEqual(written, {
    type: 'error',
    error: {
      type: 'invalid_request_error',
      message: 'prompt is too long: no target is large enough',
      details: { error_code: 'context_length_exceeded' },
    },
    request_id: 'r',
  })
})
