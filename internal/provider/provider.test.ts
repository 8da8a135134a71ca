import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, Request } from '#canonical/request.ts'
import { dialectByName, providerDialect } from '#dialect/registry.ts'
import { findProvider } from './registry.ts'

type Sent = { readonly body: Json; readonly lost: readonly string[] }

/** What a client's Chat request becomes for a provider's model, through the canonical form. */
function sent(type: string, model: string, fields: Json): Sent {
  const provider = findProvider(type)
  assert.ok(provider)
  const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...fields }
  const call = { path: '/v1/chat/completions', query: new URLSearchParams(), headers: {}, body }
  const decoded = dialectByName('openai-chat').decodeRequest(call)
  assert.ok(decoded.ok)
  // Of another dialect: a Chat client's bytes would pass.
  const request: Request = { ...decoded.value, dialect: 'anthropic', ext: {}, raw: {} }
  const target = { model, quirks: provider.quirksOf(model), traits: provider.traitsOf(model) }
  const encoded = providerDialect(provider.dialectOf(model, undefined)).encodeRequest(request, target)
  return { body: encoded.body, lost: encoded.losses.map(({ field, severity }) => field + (severity === 'refuse' ? '!' : '')) }
}

const f = { type: 'function', function: { name: 'f' } }

test('openai: Codex and pro models are asked by the Responses API unless the routing file says otherwise', () => {
  const openai = findProvider('openai')
  for (const model of [
    'gpt-5-codex',
    'gpt-5.2-codex',
    'codex-mini-latest',
    'gpt-5-pro',
    'gpt-5.4-pro-2026-03-05',
    'o3-pro',
    'o1-pro',
  ])
    assert.equal(openai?.dialectOf(model, undefined), 'openai-responses', model)
  for (const model of ['gpt-4.1', 'gpt-5.4', 'o3', 'gpt-6-sol', 'gpt-4o-production'])
    assert.equal(openai?.dialectOf(model, undefined), 'openai-chat', model)
  assert.equal(openai?.dialectOf('gpt-5-codex', 'chat'), 'openai-chat')
  assert.equal(openai?.dialectOf('gpt-4.1', 'responses'), 'openai-responses')
})

test('openai: from 5.4 on, Chat Completions takes functions or reasoning', () => {
  const both = sent('openai', 'gpt-5.4', { tools: [f], reasoning_effort: 'high' })
  assert.equal(both.body['reasoning_effort'], 'none')
  assert.deepEqual(both.lost, ['output_config.effort'])
  assert.equal(sent('openai', 'gpt-5.4', { reasoning_effort: 'high' }).body['reasoning_effort'], 'high')
  assert.equal(sent('openai', 'gpt-5.2', { tools: [f], reasoning_effort: 'high' }).body['reasoning_effort'], 'high')
  // It cannot be kept from reasoning: the field is left out.
  assert.equal('reasoning_effort' in sent('openai', 'gpt-6-astra', { tools: [f], reasoning_effort: 'high' }).body, false)
  // OpenRouter asks OpenAI as it must.
  assert.deepEqual(sent('openrouter', 'openai/gpt-5.4', { tools: [f], reasoning_effort: 'high' }).lost, [])
})

test('openai: which models can be kept from reasoning', () => {
  for (const [model, effort] of [
    ['gpt-6-luna', 'none'],
    ['gpt-6.1-terra', 'none'],
    ['gpt-6.1-sol', 'low'],
    ['gpt-5', 'minimal'],
    ['o3', 'low'],
  ] as const)
    assert.equal(sent('openai', model, { reasoning_effort: 'none' }).body['reasoning_effort'], effort, model)
})

test('gemini: the fourth generation takes neither sampling, penalties, several answers nor minimal thought', () => {
  const { body, lost } = sent('gemini', 'gemini-4-flash', {
    temperature: 0.5,
    presence_penalty: 1,
    n: 2,
    reasoning_effort: 'minimal',
  })
  assert.deepEqual(body['generationConfig'], { thinkingConfig: { thinkingLevel: 'LOW' } })
  assert.deepEqual(lost, ['n!', 'temperature', 'presence_penalty'])
  const third = sent('gemini', 'gemini-3.7-flash', { temperature: 0.5, presence_penalty: 1, n: 2, reasoning_effort: 'minimal' })
  assert.deepEqual(third.body['generationConfig'], {
    candidateCount: 2,
    temperature: 0.5,
    presencePenalty: 1,
    thinkingConfig: { thinkingLevel: 'MINIMAL' },
  })
  const second = sent('gemini', 'gemini-2.5-flash', { temperature: 0.5, presence_penalty: 1 })
  assert.deepEqual(second.body['generationConfig'], { temperature: 0.5 })
  assert.deepEqual(second.lost, ['presence_penalty'])
})

test('xai: models that reason take no penalties and stop sequences', () => {
  const asked = { presence_penalty: 1, frequency_penalty: 1, stop: ['x'] }
  const taken = (model: string): readonly string[] => {
    const { body } = sent('xai', model, asked)
    return Object.keys(asked).filter((field) => field in body)
  }
  for (const model of ['grok-4', 'grok-4-fast-reasoning', 'grok-code-fast-1', 'grok-3-mini'])
    assert.deepEqual(taken(model), [], model)
  for (const model of ['grok-3', 'grok-4-fast-non-reasoning']) assert.deepEqual(taken(model), Object.keys(asked), model)
})

test('ollama: knows no logit_bias, n and user', () => {
  const { body, lost } = sent('ollama', 'llama3', { n: 2, logit_bias: { 1: 1 }, user: 'me', seed: 1 })
  assert.equal(body['seed'], 1)
  for (const field of ['n', 'logit_bias', 'user']) assert.equal(field in body, false, field)
  assert.deepEqual([...lost].sort(), ['logit_bias!', 'metadata.user_id', 'n!'])
})

test('qwen: few models take a schema; the others are told it in words', () => {
  const schema = { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } } }
  assert.deepEqual(sent('qwen', 'qwen3.7-max', schema).body['response_format'], {
    type: 'json_schema',
    json_schema: { name: 'x', schema: { type: 'object' } },
  })
  const told = sent('qwen', 'qwen-plus', schema)
  assert.deepEqual(told.body['response_format'], { type: 'json_object' })
  assert.match(JSON.stringify(told.body['messages']), /JSON Schema/)
  assert.deepEqual(told.lost, ['output_config.format'])
})
