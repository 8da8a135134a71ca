import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Message, Request } from '#canonical/request.ts'
import { asArray, asObject, asString, parseJson } from '#lib/json.ts'
import { answerAttributes, longestCapture, promptAttributes } from './capture.ts'

const base: Request = {
  dialect: 'openai-chat',
  model: 'm',
  stream: false,
  messages: [],
  tools: [],
  params: {},
  output: { format: 'text' },
  ext: {},
  raw: {},
}

function read(value: unknown): unknown {
  const parsed = parseJson(asString(value) ?? '')
  assert.ok(parsed.ok)
  return parsed.value
}

test('capture: a conversation with a call, as the conventions write it', () => {
  const messages: Message[] = [
    { role: 'system', parts: [{ kind: 'text', text: 'Be brief.' }] },
    {
      role: 'user',
      parts: [
        { kind: 'text', text: 'Weather?' },
        { kind: 'image', mime: 'image/png', source: { kind: 'base64', data: 'AAAA' } },
      ],
    },
    { role: 'assistant', parts: [{ kind: 'tool_call', id: 'c1', name: 'weather', args: '{"city":"Oslo"}' }] },
    { role: 'tool', parts: [{ kind: 'tool_result', callId: 'c1', parts: [{ kind: 'text', text: 'rain' }] }] },
  ]
  const tools: Request['tools'] = [{ kind: 'function', name: 'weather', schema: { type: 'object' } }]
  const attributes = promptAttributes({ ...base, messages, tools }, 'anthropic')
  assert.deepEqual(read(attributes['gen_ai.system_instructions']), [{ type: 'text', content: 'Be brief.' }])
  assert.deepEqual(read(attributes['gen_ai.input.messages']), [
    {
      role: 'user',
      parts: [
        { type: 'text', content: 'Weather?' },
        { type: 'left_out', modality: 'image', mime_type: 'image/png', bytes: 3 },
      ],
    },
    { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'weather', arguments: { city: 'Oslo' } }] },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'rain' }] },
  ])
  assert.deepEqual(read(attributes['gen_ai.tool.definitions']), [{ type: 'function', name: 'weather' }])
})

test('capture: where the system speaks in the conversation, it stays there', () => {
  const messages: Message[] = [
    { role: 'developer', parts: [{ kind: 'text', text: 'Be brief.' }] },
    { role: 'user', parts: [{ kind: 'text', text: 'Hi' }] },
  ]
  const attributes = promptAttributes({ ...base, messages }, 'openai-chat')
  assert.equal(attributes['gen_ai.system_instructions'], undefined)
  assert.equal(asObject(asArray(read(attributes['gen_ai.input.messages']))[0])['role'], 'system')
})

test('capture: an answer, one message for each candidate', () => {
  const attributes = answerAttributes({
    finishes: [{ reason: 'tool_calls' }, { reason: 'length' }],
    parts: () => [[{ kind: 'tool_call', id: 'c', name: 'f', args: '{"a":' }], [{ kind: 'text', text: 'cut o' }]],
  })
  assert.deepEqual(read(attributes['gen_ai.output.messages']), [
    { role: 'assistant', parts: [{ type: 'tool_call', id: 'c', name: 'f', arguments: '{"a":' }], finish_reason: 'tool_call' },
    { role: 'assistant', parts: [{ type: 'text', content: 'cut o' }], finish_reason: 'length' },
  ])
})

test('capture: a long conversation keeps its newest messages, a long text its beginning', () => {
  const messages: Message[] = Array.from({ length: 100 }, (_, index) => ({
    role: 'user',
    parts: [{ kind: 'text', text: `${index} ${'x'.repeat(20_000)}` }],
  }))
  const text = asString(promptAttributes({ ...base, messages }, 'openai-chat')['gen_ai.input.messages']) ?? ''
  assert.ok(text.length <= longestCapture + 500, `${text.length}`)
  const captured = asArray(read(text)).map(asObject)
  assert.deepEqual(captured[0], { role: 'system', parts: [{ type: 'left_out', messages: 101 - captured.length }] })
  assert.match(asString(asObject(asArray(captured.at(-1)?.['parts'])[0])['content']) ?? '', /^99 x+… \(\d+ characters more\)$/)
})

test('capture: one message of many parts is bounded too', () => {
  const parts = Array.from({ length: 50 }, () => ({ kind: 'text' as const, text: 'y'.repeat(5000) }))
  const attributes = promptAttributes({ ...base, messages: [{ role: 'user', parts }] }, 'openai-chat')
  assert.ok((asString(attributes['gen_ai.input.messages']) ?? '').length < longestCapture + 500)
})
