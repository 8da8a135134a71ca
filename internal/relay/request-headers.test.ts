import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProviderConfig } from '#config/config.ts'
import { decodeRequest } from '#dialect/openai-chat/decode-request.ts'
import { findProvider } from '#provider/registry.ts'
import { type Prepared, prepare } from './prepare.ts'
import { authHeaders, callHeaders, signedHeaders, traceHeaders } from './request-headers.ts'

function provider(headers: ProviderConfig['headers'] = {}): ProviderConfig {
  const type = findProvider('openai')
  assert.ok(type)
  return { name: 'p', type, baseUrl: 'http://127.0.0.1:1', keys: [], headers, options: {} }
}

function preparedFor(openai: ProviderConfig, stream: boolean): Prepared {
  const messages = [{ role: 'user', content: 'Hello' }]
  const body = { model: 'm', stream, messages }
  const decoded = decodeRequest({ path: '/v1/chat/completions', query: new URLSearchParams(), headers: {}, body })
  assert.ok(decoded.ok)
  const target = { id: 'p/m', provider: 'p', model: 'm', dialect: 'openai-chat', weight: 1 } as const
  const prepared = prepare(decoded.value, target, openai, { mode: 'passthrough_if_same', unsupported: undefined })
  assert.ok(prepared.ok)
  return prepared.value
}

test('request headers: what one request brings is in no other', () => {
  const openai = provider({ 'x-own': 'a' })
  const usual = { 'content-type': 'application/json', accept: 'application/json', 'user-agent': 'outrigger', 'x-own': 'a' }
  const whole = preparedFor(openai, false)
  assert.deepEqual(callHeaders(openai, whole, {}), usual)
  assert.deepEqual(callHeaders(openai, whole, { 'openai-beta': 'b' }), { ...usual, 'openai-beta': 'b' })
  assert.deepEqual(callHeaders(openai, whole, {}), usual)
  const streamed = callHeaders(openai, preparedFor(openai, true), {})
  assert.deepEqual(streamed, { ...usual, accept: 'text/event-stream, application/json' })
  assert.equal(callHeaders(openai, whole, {})['accept'], 'application/json')
})

test('request headers: each key is in its own request, however often they take turns', () => {
  const openai = provider()
  const headers = callHeaders(openai, preparedFor(openai, false), {})
  for (const key of ['one', 'two', 'two', 'one', undefined]) {
    assert.deepEqual(signedHeaders(headers, openai, key), { ...headers, ...authHeaders(openai, key) })
  }
})

test('request headers: what the routing file sets is not set by a trace', () => {
  const trace = { traceparent: '00-1', tracestate: 'a=b' }
  assert.deepEqual(traceHeaders(provider(), trace), trace)
  assert.deepEqual(traceHeaders(provider({ traceparent: 'own' }), trace), { tracestate: 'a=b' })
  assert.equal(traceHeaders(provider(), undefined), undefined)
})
