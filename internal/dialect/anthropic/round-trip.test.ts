import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AnswerPart } from '#canonical/answer.ts'
import { asArray, asObject } from '#lib/json.ts'
import { packOpaque, unpackOpaque } from '../opaque.ts'
import { anthropic } from './index.ts'

function decode(body: Readonly<Record<string, unknown>>, path = '/v1/messages'): ReturnType<typeof anthropic.decodeRequest> {
  return anthropic.decodeRequest({ path, query: new URLSearchParams(), headers: {}, body })
}

function mustDecode(body: Readonly<Record<string, unknown>>) {
  const decoded = decode({ model: 'm', max_tokens: 10, ...body })
  assert.ok(decoded.ok, decoded.ok ? '' : decoded.error.message)
  return decoded.value
}

test('another vendor’s opaque data comes back through a client, thoughts to thoughts and a call’s to the call', () => {
  const signed = [{ vendor: 'gemini', kind: 'signature', data: 'G' }] as const
  const encrypted = [{ vendor: 'openai', kind: 'encrypted', data: 'E', itemId: 'rs_1' }] as const
  const parts: readonly AnswerPart[] = [
    { kind: 'reasoning', text: 'Hm', opaque: encrypted },
    { kind: 'tool_call', id: 'call_1', name: 'f', args: '{"x":1}', opaque: signed },
  ]
  const request = mustDecode({ messages: [{ role: 'user', content: 'x' }] })
  const answer = { id: '', model: 'm', created: 0, candidates: [{ index: 0, parts, finish: { reason: 'tool_calls' } as const }] }
  const message = anthropic.encodeAnswer(answer, { request, requestId: 'r', nowSeconds: 0 })
  const types = asArray(message['content']).map((block) => asObject(block)['type'])
  assert.deepEqual(types, ['thinking', 'thinking', 'tool_use'])
  const back = mustDecode({ messages: [{ role: 'assistant', content: message['content'] }] })
  assert.deepEqual(back.messages[0]?.parts, parts)
})

test('packOpaque: a damaged text of ours is nothing, a foreign one not ours', () => {
  assert.deepEqual(unpackOpaque(`${packOpaque([])}x`), [])
  assert.equal(unpackOpaque('EqQBCkYI'), undefined)
})

test('decodeRequest: what the client may say', () => {
  const request = mustDecode({
    system: [{ type: 'text', text: 'S', cache_control: { type: 'ephemeral', ttl: '1h' } }],
    messages: [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: { b: 1, a: 2 } }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't', content: 'r', is_error: true },
          { type: 'text', text: 'so?' },
        ],
      },
      { role: 'system', content: 'late' },
    ],
    tools: [
      { name: 'f', input_schema: { type: 'object' } },
      { type: 'web_search_20250305', name: 'web_search' },
    ],
    tool_choice: { type: 'any', disable_parallel_tool_use: true },
    thinking: { type: 'enabled', budget_tokens: 2000 },
    metadata: { user_id: 'u' },
    mcp_servers: [],
  })
  assert.deepEqual(request.messages, [
    { role: 'system', parts: [{ kind: 'text', text: 'S', cacheHint: { ttl: '1h' } }] },
    { role: 'user', parts: [{ kind: 'text', text: 'q' }] },
    { role: 'assistant', parts: [{ kind: 'tool_call', id: 't', name: 'f', args: '{"b":1,"a":2}' }] },
    {
      role: 'tool',
      parts: [{ kind: 'tool_result', callId: 't', name: 'f', parts: [{ kind: 'text', text: 'r' }], isError: true }],
    },
    { role: 'user', parts: [{ kind: 'text', text: 'so?' }] },
    { role: 'system', parts: [{ kind: 'text', text: 'late' }] },
  ])
  assert.deepEqual(
    request.tools.map((tool) => tool.kind),
    ['function', 'builtin'],
  )
  assert.deepEqual(
    [request.toolChoice, request.parallelTools, request.reasoning, request.endUser, request.ext],
    [{ mode: 'required' }, false, { budgetTokens: 2000, visible: 'summary' }, 'u', { mcp_servers: [] }],
  )
})

test('decodeRequest: mistakes name their field', async (t) => {
  const user = [{ role: 'user', content: 'x' }]
  const cases: readonly (readonly [object, string])[] = [
    [{ model: 1 }, 'model'],
    [{ max_tokens: null }, 'max_tokens'],
    [{ max_tokens: 1.5 }, 'max_tokens'],
    [{ messages: 'x' }, 'messages'],
    [{ messages: [] }, 'messages'],
    [{ messages: [{ role: 'bot', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: [{ type: 'text', text: 1 }] }] }, 'messages[0].content[0].text'],
    [{ messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'x' } }] }] }, 'messages[0].content[0].source.type'],
    [{ tools: [{ name: 1 }] }, 'tools[0].name'],
    [{ tool_choice: { type: 'x' } }, 'tool_choice.type'],
    [{ thinking: { type: 'x' } }, 'thinking.type'],
    [{ temperature: 'hot' }, 'temperature'],
  ]
  for (const [given, param] of cases) {
    await t.test(param, () => {
      const decoded = decode({ model: 'm', max_tokens: 1, messages: user, ...given })
      assert.ok(!decoded.ok)
      assert.deepEqual([decoded.error.kind, decoded.error.param], ['invalid_request', param])
    })
  }
  assert.ok(decode({ model: 'm', messages: user }, '/v1/messages/count_tokens').ok)
})

test('decodeRequest: takes or refuses any JSON, and what it takes can be written', () => {
  const keys = [
    'type',
    'role',
    'content',
    'text',
    'source',
    'data',
    'url',
    'id',
    'name',
    'input',
    'tool_use_id',
    'thinking',
    'signature',
  ]
  const words = ['text', 'image', 'document', 'tool_use', 'tool_result', 'thinking', 'user', 'assistant', 'base64', 'url', 'x']
  const block = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(...words),
      fc.integer(),
      fc.constant(null),
      tie('object'),
      fc.array(tie('value'), { maxLength: 3 }),
    ),
    object: fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 5 }),
  }))
  const message = fc.record({
    role: fc.constantFrom('user', 'assistant', 'system'),
    content: fc.array(block.object, { maxLength: 4 }),
  })
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 4 }),
      fc.dictionary(fc.constantFrom('system', 'tools', 'thinking', 'tool_choice', 'metadata'), block.value),
      (messages, rest) => {
        const decoded = decode({ model: 'm', max_tokens: 1, messages, ...rest })
        if (!decoded.ok) return assert.equal(decoded.error.kind, 'invalid_request')
        const traits = {
          sampling: 'all',
          reasoning: { kind: 'none' },
          forcedTool: 'yes',
          prefill: false,
          lateSystem: false,
          imagesInToolResults: true,
          jsonSchema: true,
        } as const
        assert.ok(
          asArray(
            anthropic.encodeRequest(decoded.value, { model: 'm', quirks: { vendor: 'anthropic' }, traits }).body['messages'],
          ),
        )
      },
    ),
    { numRuns: 300 },
  )
})

test('decodeRequest: results within results are refused, however deep they are', () => {
  let content: unknown = 'x'
  for (let depth = 0; depth < 50_000; depth++) content = [{ type: 'tool_result', tool_use_id: 't', content }]
  const decoded = decode({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content }] })
  assert.match(decoded.ok ? '' : decoded.error.message, /nested too deeply/)
})
