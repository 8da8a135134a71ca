import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asObject } from '#lib/json.ts'
import { decodeError, encodeError, errorElement, errorInAnswer } from './error.ts'

const info = (reason: string): object => ({ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason })
const retry = (retryDelay: string): object => ({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay })
const quota = (quotaId: string, quotaValue: string): object => ({
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [{ quotaId, quotaValue }],
})

const spent = 'You exceeded your current quota, please check your plan and billing details.'
const cases = [
  {
    status: 400,
    word: 'INVALID_ARGUMENT',
    message: 'API key not valid. Please pass a valid API key.',
    details: [info('API_KEY_INVALID')],
    kind: 'auth',
  },
  { status: 400, word: 'INVALID_ARGUMENT', message: 'API key expired. Please renew the API key.', kind: 'auth' },
  { status: 400, word: 'FAILED_PRECONDITION', message: 'User location is not supported for the API use.', kind: 'auth' },
  { status: 400, word: 'FAILED_PRECONDITION', message: 'Please enable billing on the project.', kind: 'billing' },
  {
    status: 400,
    word: 'INVALID_ARGUMENT',
    message: 'The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).',
    kind: 'context_length',
  },
  { status: 400, word: 'INVALID_ARGUMENT', message: 'Unknown name "foo": Cannot find field.', kind: 'invalid_request' },
  { status: 402, word: 'RESOURCE_EXHAUSTED', message: 'Prepaid credit is gone.', kind: 'billing' },
  { status: 403, word: 'PERMISSION_DENIED', message: 'Permission denied.', kind: 'auth' },
  { status: 404, word: 'NOT_FOUND', message: 'models/x is not found for API version v1beta.', kind: 'not_found' },
  {
    status: 429,
    word: 'RESOURCE_EXHAUSTED',
    message: spent,
    details: [retry('17.5s'), quota('GenerateRequestsPerMinute', '10')],
    kind: 'rate_limit',
    wait: 17_500,
  },
  { status: 429, word: 'RESOURCE_EXHAUSTED', message: `${spent} Please retry in 34.07s.`, kind: 'rate_limit', wait: 34_070 },
  {
    status: 429,
    word: 'RESOURCE_EXHAUSTED',
    message: spent,
    details: [quota('GenerateRequestsPerDay', '250'), retry('5s')],
    kind: 'rate_limit',
    wait: 3_600_000,
  },
  {
    status: 429,
    word: 'RESOURCE_EXHAUSTED',
    message: spent,
    details: [quota('FreeTierPerMinute', '0')],
    kind: 'rate_limit',
    permanent: true,
  },
  { status: 499, word: 'CANCELLED', message: 'The operation was cancelled.', kind: 'server' },
  { status: 500, word: 'INTERNAL', message: 'An internal error has occurred.', kind: 'server' },
  { status: 503, word: 'UNAVAILABLE', message: 'The model is overloaded. Please try again later.', kind: 'overloaded' },
  { status: 504, word: 'DEADLINE_EXCEEDED', message: 'Deadline expired.', kind: 'timeout' },
] as const

test('errors of Gemini', () => {
  for (const given of cases) {
    const { status, word, message, kind } = given
    const error = { code: status, message, status: word, ...('details' in given ? { details: given.details } : {}) }
    for (const body of [{ error }, [{ error }]]) {
      const failure = decodeError(status, {}, JSON.stringify(body))
      assert.deepEqual(
        [failure.kind, failure.code, failure.retryAfterMs, failure.permanent],
        [kind, word, 'wait' in given ? given.wait : undefined, 'permanent' in given ? given.permanent : undefined],
        message,
      )
    }
    const { code: _code, ...wordOnly } = error
    if (status !== 402 && status !== 499) assert.equal(errorInAnswer(wordOnly).kind, kind, message)
  }
})

test('errors that are none of Gemini’s', () => {
  for (const [status, body, kind] of [
    [502, '<html>Bad Gateway</html>', 'server'],
    [429, '', 'rate_limit'],
    [401, '{"error":"invalid_grant"}', 'auth'],
    [400, '[]', 'invalid_request'],
    [500, 'null', 'server'],
  ] as const)
    assert.equal(decodeError(status, {}, body).kind, kind)
  assert.equal(decodeError(429, { 'retry-after': '3' }, '{}').retryAfterMs, 3000)
})

test('errors for a client: the status that its SDK raises, the cause, the field, the wait', () => {
  const { status, body } = encodeError({
    kind: 'not_found',
    code: 'model_not_found',
    message: 'no',
    param: 'model',
    requestId: 'r',
  })
  assert.equal(status, 404)
  assert.deepEqual(body, {
    error: {
      code: 404,
      message: 'no',
      status: 'NOT_FOUND',
      details: [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'MODEL_NOT_FOUND', domain: 'outrigger' },
        { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field: 'model', description: 'no' }] },
      ],
    },
  })
  const element: unknown = JSON.parse(errorElement({ kind: 'rate_limit', phase: 'stream', message: 'slow', retryAfterMs: 1500 }))
  const again = errorInAnswer(asObject(asObject(element)['error']))
  assert.deepEqual([again.kind, again.retryAfterMs, again.message.startsWith('slow')], ['rate_limit', 1500, true])
})
