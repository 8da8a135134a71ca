import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Request } from '#canonical/request.ts'
import type { EncodeTarget } from '../dialect.ts'
import { packOpaque } from '../opaque.ts'
import { passthrough } from './passthrough.ts'
import { toolId } from './write-content.ts'

const target: EncodeTarget = {
  model: 'claude-x',
  quirks: { vendor: 'anthropic' },
  traits: {
    sampling: 'all',
    reasoning: { kind: 'budget', min: 1024, max: 32_000 },
    forcedTool: 'yes',
    prefill: false,
    lateSystem: false,
    imagesInToolResults: true,
    jsonSchema: true,
  },
}

function requestOf(raw: Readonly<Record<string, unknown>>): Request {
  return {
    dialect: 'anthropic',
    model: 'smart',
    stream: true,
    messages: [],
    tools: [],
    params: {},
    output: { format: 'text' },
    ext: {},
    raw,
  }
}

test('passthrough: only the model changes', () => {
  const raw = {
    model: 'smart',
    max_tokens: 1,
    messages: [{ role: 'user', content: 'x' }],
    container: { id: 'c' },
    provider: { order: [] },
  }
  const { body, headers } = passthrough.encodeRequest(requestOf(raw), target)
  assert.equal(
    JSON.stringify(body),
    '{"model":"claude-x","max_tokens":1,"messages":[{"role":"user","content":"x"}],"container":{"id":"c"}}',
  )
  assert.equal(body['messages'], raw.messages)
  assert.deepEqual(headers, { 'anthropic-version': '2023-06-01' })
})

test('passthrough: a history that another vendor wrote is mended', () => {
  const foreign = { type: 'thinking', thinking: '', signature: packOpaque([{ vendor: 'gemini', kind: 'signature', data: 'G' }]) }
  const own = { type: 'thinking', thinking: 'Hm', signature: 'EqQB' }
  const messages = [
    { role: 'assistant', content: [foreign] },
    { role: 'assistant', content: [own, { type: 'thinking', thinking: 'x', signature: '' }, { type: 'text', text: 'a' }] },
    { role: 'assistant', content: [foreign, { type: 'tool_use', id: 'f:0', name: 'f', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'f:0' }] },
  ]
  const encoded = passthrough.encodeRequest(requestOf({ messages, thinking: { type: 'enabled', budget_tokens: 1024 } }), target)
  const id = toolId('f:0')
  assert.deepEqual(encoded.body, {
    model: 'claude-x',
    messages: [
      { role: 'assistant', content: [own, { type: 'text', text: 'a' }] },
      { role: 'assistant', content: [{ type: 'tool_use', id, name: 'f', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id }] },
    ],
  })
  assert.deepEqual(
    encoded.losses.map(({ field }) => field),
    ['thinking'],
  )
})

test('passthrough: a tool loop that another vendor began without thoughts goes on without them', () => {
  const messages = [
    { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'f', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1' }] },
  ]
  const thinks = passthrough.encodeRequest(requestOf({ messages, thinking: { type: 'enabled', budget_tokens: 1024 } }), target)
  assert.equal(thinks.body['thinking'], undefined)
  assert.deepEqual(
    thinks.losses.map(({ field }) => field),
    ['thinking'],
  )
  const newer: EncodeTarget = {
    ...target,
    traits: { ...target.traits, reasoning: { kind: 'adaptive', efforts: ['low', 'high'], off: 'never' } },
  }
  const adaptive = passthrough.encodeRequest(requestOf({ messages, thinking: { type: 'adaptive' } }), newer)
  assert.deepEqual(adaptive.body['thinking'], { type: 'adaptive' })
})

test('passthrough: frames that the vendor’s SDK chokes on', async (t) => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['message_stop', '{"type":"message_stop"}', 'event: message_stop\ndata: {"type":"message_stop"}\n\n'],
    [
      '',
      '{"content_block":{"type":"text"},"type":"content_block_start"}',
      'event: content_block_start\ndata: {"content_block":{"type":"text"},"type":"content_block_start"}\n\n',
    ],
    ['data', '[DONE]', ''],
    ['data', 'x', ''],
  ]
  for (const [event, data, written] of cases) {
    await t.test(`${event} ${data}`, () => assert.equal(passthrough.frame({ event, data }, requestOf({}), target), written))
  }
})
