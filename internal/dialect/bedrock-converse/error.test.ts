import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerEvent } from '#canonical/answer.ts'
import { decodeStream } from './decode-stream.ts'
import { decodeError } from './error.ts'
import { contextOf } from './test-kit.ts'

const cases: readonly { readonly status: number; readonly type: string; readonly message: string; readonly kind: string }[] = [
  { status: 429, type: 'ThrottlingException', message: 'Too many tokens, please wait before trying again.', kind: 'rate_limit' },
  { status: 400, type: 'ServiceQuotaExceededException', message: 'Your request exceeds the service quota.', kind: 'rate_limit' },
  { status: 429, type: 'ModelNotReadyException', message: 'The model is being loaded.', kind: 'overloaded' },
  { status: 503, type: 'ServiceUnavailableException', message: 'Bedrock is unable to process your request.', kind: 'overloaded' },
  { status: 500, type: 'InternalServerException', message: 'The system encountered an unexpected error.', kind: 'server' },
  { status: 424, type: 'ModelErrorException', message: 'The model broke.', kind: 'server' },
  { status: 408, type: 'ModelTimeoutException', message: 'Model has timed out in processing the request.', kind: 'timeout' },
  { status: 403, type: 'AccessDeniedException', message: "You don't have access to the model.", kind: 'auth' },
  { status: 403, type: 'UnrecognizedClientException', message: 'The security token included is invalid.', kind: 'auth' },
  { status: 403, type: 'ExpiredTokenException', message: 'The security token included is expired', kind: 'auth' },
  {
    status: 404,
    type: 'ResourceNotFoundException',
    message: 'This model version has reached the end of its life.',
    kind: 'not_found',
  },
  { status: 400, type: 'ValidationException', message: 'The provided model identifier is invalid.', kind: 'not_found' },
  {
    status: 400,
    type: 'ValidationException',
    message: 'The model returned the following errors: Input Tokens Exceeded: Number of input tokens exceeds maximum length.',
    kind: 'context_length',
  },
  { status: 400, type: 'ValidationException', message: 'Input is too long for requested model.', kind: 'context_length' },
  { status: 400, type: 'ValidationException', message: 'The toolConfig field must be defined.', kind: 'invalid_request' },
]

for (const { status, type, message, kind } of cases) {
  test(`converse: ${status} ${type} “${message}” is ${kind}`, () => {
    const headers = { 'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/`, 'retry-after': '2' }
    const failure = decodeError(status, headers, JSON.stringify({ message }))
    assert.equal(failure.kind, kind)
    assert.equal(failure.code, type)
    assert.equal(failure.message, message)
    const waits = kind === 'rate_limit' || kind === 'overloaded' || kind === 'server'
    assert.equal(failure.retryAfterMs, waits ? 2000 : undefined)
  })
}

test('converse: an error whose class stands in the body, or that has none', () => {
  const body = JSON.stringify({ __type: 'com.amazon.coral.service#ThrottlingException', Message: 'Slow down.' })
  assert.equal(decodeError(400, {}, body).kind, 'rate_limit')
  const page = decodeError(502, {}, '<html>Bad Gateway</html>')
  assert.deepEqual([page.kind, page.message], ['server', '<html>Bad Gateway</html>'])
})

function failureIn(event: string, data: string, before: readonly string[] = []) {
  const events: AnswerEvent[] = []
  const decoder = decodeStream((each) => events.push(each), contextOf())
  for (const text of before) decoder.frame({ event: 'contentBlockDelta', data: JSON.stringify({ delta: { text } }) })
  decoder.frame({ event, data })
  decoder.end()
  const last = events.at(-1)
  assert.equal(events.filter(({ kind }) => kind === 'failure' || kind === 'end').length, 1)
  return last?.kind === 'failure' ? last.failure : undefined
}

test('converse: exceptions in a stream are failures', () => {
  const throttled = failureIn('exception:throttlingException', '{"message":"Slow down."}')
  assert.deepEqual(throttled, {
    kind: 'rate_limit',
    phase: 'first_token',
    code: 'ThrottlingException',
    message: 'Slow down.',
  })
  const model = '{"message":"The model broke","originalStatusCode":500,"originalMessage":"CUDA"}'
  const broken = failureIn('exception:modelStreamErrorException', model, ['Hi'])
  assert.deepEqual([broken?.kind, broken?.phase, broken?.message], ['server', 'stream', 'The model broke: CUDA'])
  assert.equal(failureIn('exception:validationException', '{"message":"Input is too long"}')?.kind, 'context_length')
  assert.equal(failureIn('exception:InternalError', 'no JSON')?.kind, 'server')
})
