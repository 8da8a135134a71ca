import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AnswerPart, FinishReason, Usage } from '#canonical/answer.ts'
import type { FailureKind } from '#canonical/failure.ts'
import type { Quirks } from '../quirks.ts'
import { decodeAnswer } from './decode-answer.ts'
import { contextOf } from './test-kit.ts'

type Case = {
  readonly name: string
  readonly message?: Record<string, unknown>
  readonly finish?: string | null
  readonly top?: Record<string, unknown>
  readonly quirks?: Partial<Quirks>
  readonly request?: Record<string, unknown>
  readonly parts?: readonly AnswerPart[]
  readonly reason?: FinishReason
}

const call = (name: string, args: unknown, id: unknown = 'c1'): unknown => ({
  id,
  type: 'function',
  function: { name, arguments: args },
})

const cases: readonly Case[] = [
  { name: 'text', message: { content: 'hi' }, parts: [{ kind: 'text', text: 'hi' }], reason: 'stop' },
  {
    name: 'a refusal with null content and `stop`',
    message: { content: null, refusal: "I'm sorry." },
    parts: [{ kind: 'refusal', text: "I'm sorry." }],
    reason: 'refusal',
  },
  {
    name: 'calls beside `stop`',
    message: { content: null, tool_calls: [call('f', '{"a":1}')] },
    parts: [{ kind: 'tool_call', id: 'c1', name: 'f', args: '{"a":1}' }],
    reason: 'tool_calls',
  },
  { name: '`tool_calls` without a call', message: { content: 'hi' }, finish: 'tool_calls', reason: 'stop' },
  {
    name: 'arguments as an object, or none',
    message: { tool_calls: [call('f', { a: 1 }), call('g', '', 'c2')] },
    parts: [
      { kind: 'tool_call', id: 'c1', name: 'f', args: '{"a":1}' },
      { kind: 'tool_call', id: 'c2', name: 'g', args: '{}' },
    ],
  },
  {
    name: 'arguments that were cut off',
    message: { tool_calls: [call('f', '{"a":'), call('g', '', 'c2')] },
    finish: 'length',
    parts: [
      { kind: 'tool_call', id: 'c1', name: 'f', args: '{"a":' },
      { kind: 'tool_call', id: 'c2', name: 'g', args: '' },
    ],
    reason: 'length',
  },
  {
    name: 'a legacy call',
    message: { content: null, function_call: { name: 'f', arguments: '{}' } },
    finish: 'function_call',
    reason: 'tool_calls',
  },
  { name: "Together's `eos`", message: { content: 'hi' }, finish: 'eos', reason: 'stop' },
  { name: "Mistral's `model_length`", message: { content: 'hi' }, finish: 'model_length', reason: 'context_window' },
  {
    name: 'a malformed call of Gemini behind its OpenAI layer',
    message: { content: null },
    finish: 'function_call_filter: MALFORMED_FUNCTION_CALL',
    parts: [],
    reason: 'malformed_tool_call',
  },
  {
    name: "Mistral's array of thinking and text",
    message: {
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
        { type: 'text', text: 'hi' },
      ],
    },
    parts: [
      { kind: 'reasoning', text: 'hm' },
      { kind: 'text', text: 'hi' },
    ],
  },
  {
    name: "OpenRouter's reasoning, which it tells twice",
    message: { content: 'hi', reasoning: 'hm', reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature: 's' }] },
    quirks: { vendor: 'openrouter' },
    parts: [
      {
        kind: 'reasoning',
        text: 'hm',
        opaque: [{ vendor: 'openrouter', kind: 'details', data: { type: 'reasoning.text', text: 'hm', signature: 's' } }],
      },
      { kind: 'text', text: 'hi' },
    ],
  },
  {
    name: 'think tags, where the server has them',
    message: { content: '<think>\nhm</think>\n\nhi' },
    quirks: { chat: { thinkTags: true } },
    parts: [
      { kind: 'reasoning', text: 'hm' },
      { kind: 'text', text: 'hi' },
    ],
  },
  {
    name: 'think tags as text elsewhere',
    message: { content: '<think>hm</think>hi' },
    parts: [{ kind: 'text', text: '<think>hm</think>hi' }],
  },
  {
    name: "Perplexity's sources",
    message: { content: 'hi' },
    top: { citations: ['https://a'], search_results: [{ url: 'https://a', title: 'A' }] },
    parts: [{ kind: 'text', text: 'hi', citations: [{ url: 'https://a', title: 'A' }] }],
  },
  {
    name: 'images that the model made',
    message: { content: '', images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
    parts: [{ kind: 'image', mime: 'image/png', data: 'AAAA' }],
  },
  {
    name: 'audio with its transcript',
    message: { content: null, audio: { id: 'a', data: 'AAAA', transcript: 'hi' } },
    request: { audio: { format: 'mp3' } },
    parts: [
      { kind: 'text', text: 'hi' },
      { kind: 'audio', mime: 'audio/mpeg', data: 'AAAA' },
    ],
  },
  {
    name: 'an emulated custom tool',
    message: { tool_calls: [call('c', '{"input":"free"}')] },
    request: { tools: [{ type: 'custom', custom: { name: 'c' } }] },
    parts: [{ kind: 'tool_call', id: 'c1', name: 'c', args: 'free', custom: true }],
  },
  {
    name: 'the signature that Gemini puts on the message',
    message: { extra_content: { google: { thought_signature: 's' } }, tool_calls: [call('f', '{}')] },
    parts: [{ kind: 'tool_call', id: 'c1', name: 'f', args: '{}', opaque: [{ vendor: 'gemini', kind: 'signature', data: 's' }] }],
  },
  { name: 'an empty answer that is finished', message: { content: '' }, parts: [], reason: 'stop' },
]

for (const { name, message, finish = 'stop', top, quirks, request, parts, reason } of cases) {
  test(`chat answer: reads ${name}`, () => {
    const body = { id: 'x', model: 'up', created: 7, choices: [{ index: 0, message, finish_reason: finish }], ...top }
    const decoded = decodeAnswer(body, contextOf(request, quirks))
    assert.ok(decoded.ok)
    const [candidate] = decoded.value.candidates
    if (parts !== undefined) assert.deepEqual(candidate?.parts, parts)
    if (reason !== undefined) assert.equal(candidate?.finish.reason, reason)
  })
}

test('chat answer: a call without an id gets one', () => {
  const decoded = decodeAnswer(
    { choices: [{ message: { tool_calls: [call('f', '{}', '')] }, finish_reason: 'tool_calls' }] },
    contextOf(),
  )
  const part = decoded.ok ? decoded.value.candidates[0]?.parts[0] : undefined
  assert.ok(part?.kind === 'tool_call' && part.id.startsWith('call_'))
})

test('chat answer: names of tools are restored', () => {
  const context = { ...contextOf(), names: new Map([['a_b', 'a.b']]) }
  const decoded = decodeAnswer({ choices: [{ message: { tool_calls: [call('a_b', '{}')] }, finish_reason: 'stop' }] }, context)
  const part = decoded.ok ? decoded.value.candidates[0]?.parts[0] : undefined
  assert.ok(part?.kind === 'tool_call' && part.name === 'a.b')
})

const failures: readonly { name: string; body: unknown; kind: FailureKind }[] = [
  { name: 'text', body: 'hi', kind: 'malformed' },
  { name: 'no choices', body: { choices: [] }, kind: 'malformed' },
  { name: 'a choice of nothing', body: { choices: [{ message: {} }] }, kind: 'malformed' },
  { name: 'a choice of nothing beside another', body: { choices: [{ message: { content: 'a' } }, {}] }, kind: 'malformed' },
  { name: 'an error', body: { error: { message: 'x', code: 429 } }, kind: 'rate_limit' },
  { name: 'an error without a status', body: { error: { message: 'Overloaded', type: 'overloaded_error' } }, kind: 'overloaded' },
  { name: 'an error of vLLM', body: { object: 'error', message: 'x', code: 400 }, kind: 'invalid_request' },
  {
    name: "Azure's filter in a 200",
    body: { error: { message: 'The response was filtered due to the prompt', code: 'content_filter', param: 'prompt' } },
    kind: 'content_filter',
  },
  { name: 'a finish of `error`', body: { choices: [{ message: { content: 'a' }, finish_reason: 'error' }] }, kind: 'server' },
  {
    name: 'no resources at DeepSeek',
    body: { choices: [{ message: { content: 'a' }, finish_reason: 'insufficient_system_resource' }] },
    kind: 'overloaded',
  },
]

for (const { name, body, kind } of failures) {
  test(`chat answer: ${name} is a failure`, () => {
    const decoded = decodeAnswer(body, contextOf())
    assert.equal(decoded.ok, false)
    assert.equal(decoded.error.kind, kind)
    assert.equal(decoded.error.phase, 'body')
  })
}

const zero = { cacheRead: 0, cacheWrite: 0, reasoning: 0 }
const usages: readonly { name: string; usage: Record<string, unknown>; quirks?: Quirks['chat']; read: Usage }[] = [
  {
    name: 'OpenAI',
    usage: {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 3 },
    },
    read: { input: 10, output: 5, cacheRead: 4, cacheWrite: 0, reasoning: 3 },
  },
  {
    name: 'xAI, whose reasoning is outside',
    usage: { prompt_tokens: 12, completion_tokens: 1, total_tokens: 241, completion_tokens_details: { reasoning_tokens: 228 } },
    read: { ...zero, input: 12, output: 229, reasoning: 228 },
  },
  {
    name: 'xAI without a total',
    usage: { prompt_tokens: 12, completion_tokens: 1, completion_tokens_details: { reasoning_tokens: 228 } },
    quirks: { reasoningOutsideCompletion: true },
    read: { ...zero, input: 12, output: 229, reasoning: 228 },
  },
  {
    name: 'Gemini, whose reasoning only the total tells',
    usage: { prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 },
    quirks: { outputFromTotal: true },
    read: { ...zero, input: 35, output: 74, reasoning: 62 },
  },
  {
    name: 'DeepSeek',
    usage: { prompt_tokens: 10, completion_tokens: 5, prompt_cache_hit_tokens: 8, prompt_cache_miss_tokens: 2 },
    read: { ...zero, input: 10, output: 5, cacheRead: 8 },
  },
  {
    name: 'Mistral, whose audio is outside',
    usage: {
      prompt_tokens: 11,
      completion_tokens: 15,
      total_tokens: 401,
      prompt_tokens_details: { audio_tokens: 375, cached_tokens: 9 },
    },
    read: { ...zero, input: 386, output: 15, cacheRead: 9, audioIn: 375 },
  },
  {
    name: 'Moonshot',
    usage: { prompt_tokens: 10, completion_tokens: 5, cached_tokens: 3 },
    read: { ...zero, input: 10, output: 5, cacheRead: 3 },
  },
  {
    name: 'OpenRouter, which counts more reasoning than there was',
    usage: { prompt_tokens: 1, completion_tokens: 10, completion_tokens_details: { reasoning_tokens: 11 } },
    read: { ...zero, input: 1, output: 10, reasoning: 10 },
  },
]

for (const { name, usage, quirks, read } of usages) {
  test(`chat answer: reads the usage of ${name}`, () => {
    const body = { choices: [{ message: { content: 'a' }, finish_reason: 'stop' }], usage }
    const decoded = decodeAnswer(body, contextOf({}, quirks === undefined ? {} : { chat: quirks }))
    assert.deepEqual(decoded.ok ? decoded.value.usage : undefined, read)
  })
}

test('chat answer: no JSON value makes the reader throw', () => {
  const message = fc.dictionary(
    fc.constantFrom('content', 'tool_calls', 'reasoning_details', 'images', 'annotations', 'audio'),
    fc.jsonValue(),
  )
  const body = fc.record(
    { choices: fc.array(fc.record({ message, finish_reason: fc.jsonValue() })), usage: fc.jsonValue(), error: fc.jsonValue() },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), body), (value) => {
      assert.equal(typeof decodeAnswer(value, contextOf()).ok, 'boolean')
    }),
    { numRuns: 300 },
  )
})
