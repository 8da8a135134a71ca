import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '#canonical/request.ts'
import { packOpaque } from '../opaque.ts'
import type { Quirks } from '../quirks.ts'
import { openaiResponses } from './index.ts'
import { request, traits } from './test-requests.ts'

const call = { type: 'function_call', call_id: 'c1', name: 'add', arguments: '{"a":1}' }
const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' }

test('responses pass-through: the body as it came, but for the model and what we packed', () => {
  const quirks: Quirks = { vendor: 'openai' }
  const packed = (vendor: string): Json => ({
    ...reasoning,
    id: 'ours',
    encrypted_content: packOpaque([{ vendor, kind: 'encrypted', data: 'gBBB', itemId: 'rs_9' }]),
  })
  const given = { input: [reasoning, packed('openai'), packed('azure'), call], unknown: 1 }
  const { body } = openaiResponses.passthrough.encodeRequest(request(given), { model: 'gpt', quirks, traits })
  assert.deepEqual(body, {
    model: 'gpt',
    unknown: 1,
    input: [reasoning, { ...reasoning, id: 'rs_9', encrypted_content: 'gBBB' }, call],
  })
})

test('responses pass-through: frames keep their names or get them, and [DONE] stays away', () => {
  const target = { model: 'gpt', quirks: { vendor: 'openai' }, traits }
  const frame = (event: string, data: string): string =>
    openaiResponses.passthrough.frame({ event, data }, request({ input: 'x' }), target)
  assert.equal(frame('', '[DONE]'), '')
  assert.equal(
    frame('response.created', '{"type":"response.created"}'),
    'event: response.created\ndata: {"type":"response.created"}\n\n',
  )
  assert.equal(
    frame('', '{"item":{"type":"message"},"type":"response.output_item.added"}').split('\n')[0],
    'event: response.output_item.added',
  )
})

test('responses pass-through: encrypted reasoning of another service than OpenAI’s comes back to it alone', () => {
  const azure = { model: 'gpt', quirks: { vendor: 'azure', fieldsOf: 'openai' }, traits }
  const openai = { model: 'gpt', quirks: { vendor: 'openai' }, traits }
  const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' }
  const body = { id: 'resp_1', output: [reasoning, { type: 'message', role: 'assistant', content: [] }] }
  const { passthrough } = openaiResponses
  const marked = passthrough.answer?.(body, request({ input: 'x' }), azure)
  assert.ok(marked)
  assert.equal(passthrough.answer?.(body, request({ input: 'x' }), openai), undefined)
  const event = { type: 'response.completed', response: body }
  const framed = passthrough.frame({ event: 'response.completed', data: JSON.stringify(event) }, request({ input: 'x' }), azure)
  assert.deepEqual(JSON.parse(framed.split('data: ')[1] ?? ''), { ...event, response: marked })
  const done = { type: 'response.output_item.done', item: reasoning }
  const single = passthrough.frame({ event: done.type, data: JSON.stringify(done) }, request({ input: 'x' }), azure)
  assert.doesNotMatch(single, /gAAA/)
  const sent = (target: typeof azure | typeof openai) =>
    passthrough.encodeRequest(
      request({ input: [...(Array.isArray(marked['output']) ? marked['output'] : []), reasoning] }),
      target,
    ).body['input']
  assert.deepEqual(sent(azure), body.output)
  assert.deepEqual(sent(openai), [body.output[1], reasoning])
})
