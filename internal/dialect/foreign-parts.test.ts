import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DialectName, Json, Request } from '#canonical/request.ts'
import type { Encoded, EncodeTarget } from './dialect.ts'
import { plainTraits } from './quirks.ts'
import { dialectByName } from './registry.ts'

const traits = { ...plainTraits, imagesInToolResults: true }

const vendors = [
  ['openai-chat', 'openai'],
  ['openai-responses', 'openai'],
  ['anthropic', 'anthropic'],
  ['gemini', 'gemini'],
] as const

function read(dialect: DialectName, body: Json): Request {
  const call = { path: '/v1/x', pathModel: 'm', query: new URLSearchParams(), headers: {}, body: { model: 'm', ...body } }
  const decoded = dialectByName(dialect).decodeRequest(call)
  assert.ok(decoded.ok, JSON.stringify(decoded))
  return decoded.value
}

/** The request as every other dialect has it, and as its own does when it is written anew. */
function written(dialect: DialectName, body: Json): readonly { readonly to: DialectName; readonly encoded: Encoded }[] {
  const request = read(dialect, body)
  return vendors.map(([to, vendor]) => {
    const target: EncodeTarget = { model: 'm', quirks: { vendor }, traits }
    return { to, encoded: dialectByName(to).encodeRequest(request, target) }
  })
}

const ask = { role: 'user', content: 'Go on.' }

test('a tool that Anthropic’s search found is named to every other model', () => {
  const found = { type: 'tool_reference', tool_name: 'get_rate' }
  const body = {
    max_tokens: 100,
    tools: [{ name: 'search', input_schema: { type: 'object' } }],
    messages: [
      ask,
      { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'search', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: [found] }] },
    ],
  }
  for (const { to, encoded } of written('anthropic', body)) {
    const text = JSON.stringify(encoded.body)
    assert.match(text, /get_rate/, to)
    assert.equal(text.includes('tool_reference'), to === 'anthropic', to)
    assert.deepEqual(encoded.losses, [], to)
  }
})

test('a search of OpenAI’s is left out elsewhere with its result, and both are named', () => {
  const body = {
    input: [
      ask,
      { type: 'tool_search_call', call_id: 's1', execution: 'client', arguments: {} },
      { type: 'function_call_output', call_id: 's1', output: 'one found' },
    ],
  }
  for (const { to, encoded } of written('openai-responses', body)) {
    const own = to === 'openai-responses'
    assert.equal(JSON.stringify(encoded.body).includes('one found'), own, to)
    const lost = encoded.losses.filter(({ severity }) => severity === 'drop').map(({ field }) => field)
    const named = lost.some((field) => field.endsWith('.tool_search_call')) && lost.some((field) => field.endsWith('_output'))
    assert.equal(named, !own, `${to}: ${lost.join(', ')}`)
  }
})

test('what stands for content that only OpenAI has is refused elsewhere, and sent there', () => {
  for (const item of [
    { type: 'item_reference', id: 'msg_1' },
    { type: 'compaction', id: 'cmp_1', encrypted_content: 'abc' },
  ]) {
    for (const { to, encoded } of written('openai-responses', { input: [item, ask] })) {
      const own = to === 'openai-responses'
      const refused = encoded.losses.filter(({ severity }) => severity === 'refuse')
      assert.equal(refused.length, own ? 0 : 1, `${item.type} to ${to}`)
      assert.equal(JSON.stringify(encoded.body).includes(item.id), own, `${item.type} to ${to}`)
    }
  }
})

test('what Claude summed up of an earlier conversation is told in words elsewhere', () => {
  const compaction = { type: 'compaction', content: 'They said hello.' }
  const body = { max_tokens: 100, messages: [ask, { role: 'assistant', content: [compaction] }, ask] }
  for (const { to, encoded } of written('anthropic', body)) assert.match(JSON.stringify(encoded.body), /They said hello\./, to)
})

test('code that ran at Google is left out elsewhere and named', () => {
  const code = { executableCode: { language: 'PYTHON', code: 'print(1)' } }
  const user = { role: 'user', parts: [{ text: 'Go on.' }] }
  for (const { to, encoded } of written('gemini', { contents: [user, { role: 'model', parts: [code] }, user] })) {
    const own = to === 'gemini'
    assert.equal(JSON.stringify(encoded.body).includes('print(1)'), own, to)
    assert.deepEqual(
      encoded.losses.map(({ field }) => field.split('.')[1]),
      own ? [] : ['executableCode'],
      to,
    )
  }
})
