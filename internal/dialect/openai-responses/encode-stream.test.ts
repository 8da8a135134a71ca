import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import type { AnswerEvent, Usage } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import { asArray, asObject } from '#lib/json.ts'
import type { AnswerContext } from '../dialect.ts'
import { openaiResponses } from './index.ts'
import { openai, request } from './test-requests.ts'

const tools = [
  { type: 'custom', name: 'sql' },
  { type: 'namespace', name: 'crm', tools: [{ type: 'function', name: 'list' }] },
]
const context: AnswerContext = { request: request({ input: 'Hi', tools, temperature: 0.5 }), requestId: 'r1', nowSeconds: 7 }
const usage: Usage = { input: 9, output: 5, cacheRead: 2, cacheWrite: 0, reasoning: 1 }
const start: AnswerEvent = { kind: 'start', id: 'x', model: 'other-model', created: 0 }
const end: AnswerEvent = { kind: 'end' }

function text(part: number, ...pieces: readonly string[]): AnswerEvent[] {
  return [
    { kind: 'part_start', candidate: 0, part, type: 'text' },
    ...pieces.map((piece): AnswerEvent => ({ kind: 'part_delta', candidate: 0, part, text: piece })),
    { kind: 'part_end', candidate: 0, part },
  ]
}

function finish(reason: 'stop' | 'tool_calls' | 'length' | 'refusal'): AnswerEvent[] {
  return [{ kind: 'finish', candidate: 0, finish: { reason } }, { kind: 'usage', usage }, end]
}

function write(events: readonly AnswerEvent[]): string {
  const encode = openaiResponses.encodeStream(context)
  return events.map(encode).join('')
}

/** What OpenAI's own helper makes of the stream; it throws at wrong order. */
async function read(events: readonly AnswerEvent[]): Promise<OpenAI.Responses.Response> {
  const body = write(events)
  const client = new OpenAI({
    apiKey: 'test',
    maxRetries: 0,
    fetch: () => Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } })),
  })
  const stream = client.responses.stream({ model: 'm', input: 'Hi' })
  const types: string[] = []
  for await (const event of stream) types.push(event.type)
  assert.equal(types[0], 'response.created')
  return await stream.finalResponse()
}

test('responses stream: a text in two parts is one message of the SDK', async () => {
  const cited: AnswerEvent = {
    kind: 'part_citation',
    candidate: 0,
    part: 0,
    citation: { url: 'https://x.test/', start: 0, end: 2 },
  }
  const [opened, ...rest] = text(0, 'He', 'llo ')
  assert.ok(opened !== undefined)
  const response = await read([
    start,
    { kind: 'ping' },
    opened,
    cited,
    ...rest,
    { kind: 'skipped' },
    ...text(1, 'world'),
    ...finish('stop'),
  ])
  assert.equal(response.output_text, 'Hello world')
  assert.equal(response.output.length, 1)
  assert.equal(response.status, 'completed')
  assert.equal(response.model, 'other-model')
  assert.equal(response.created_at, 7)
  assert.equal(response.temperature, 0.5)
  assert.deepEqual(response.usage, {
    input_tokens: 9,
    input_tokens_details: { cached_tokens: 2, cache_write_tokens: 0 },
    output_tokens: 5,
    output_tokens_details: { reasoning_tokens: 1 },
    total_tokens: 14,
  })
  const annotation = { type: 'url_citation', url: 'https://x.test/', title: 'https://x.test/', start_index: 0, end_index: 2 }
  assert.deepEqual(asObject(asArray(asObject(response.output[0])['content'])[0])['annotations'], [annotation])
})

test('responses stream: calls that interleave, one of a namespace, one custom', async () => {
  const delta = (part: number, piece: string): AnswerEvent => ({ kind: 'part_delta', candidate: 0, part, text: piece })
  const response = await read([
    start,
    ...text(0, 'Let me see.'),
    { kind: 'part_start', candidate: 0, part: 1, type: 'tool_call', id: 'c1', name: 'crm__list' },
    { kind: 'part_start', candidate: 0, part: 2, type: 'tool_call', id: 'c2', name: 'sql', custom: true },
    delta(1, '{"a"'),
    delta(2, 'SELECT'),
    delta(1, ':1}'),
    delta(2, ' 1'),
    { kind: 'part_end', candidate: 0, part: 2 },
    { kind: 'part_end', candidate: 0, part: 1, opaque: [{ vendor: 'gemini', kind: 'signature', data: 'sig' }] },
    ...finish('tool_calls'),
  ])
  const [message, first, second, carrier] = response.output.map(asObject)
  assert.equal(message?.['type'], 'message')
  assert.deepEqual(
    [first?.['type'], first?.['call_id'], first?.['name'], first?.['namespace'], first?.['arguments']],
    ['function_call', 'c1', 'list', 'crm', '{"a":1}'],
  )
  assert.deepEqual([second?.['type'], second?.['call_id'], second?.['input']], ['custom_tool_call', 'c2', 'SELECT 1'])
  const back = request({ input: [first, carrier] }).messages
  assert.deepEqual(back[0]?.parts[0]?.kind === 'tool_call' && back[0].parts[0].opaque, [
    { vendor: 'gemini', kind: 'signature', data: 'sig' },
  ])
})

test('responses stream: reasoning is a summary, and its opaque data comes back', async () => {
  const opaque = [{ vendor: 'anthropic', kind: 'signature', data: 'sig' }] as const
  const response = await read([
    start,
    { kind: 'part_start', candidate: 0, part: 0, type: 'reasoning' },
    { kind: 'part_delta', candidate: 0, part: 0, text: 'Hm' },
    { kind: 'part_end', candidate: 0, part: 0, opaque },
    ...text(1, 'Yes'),
    ...finish('length'),
  ])
  assert.equal(response.status, 'incomplete')
  assert.deepEqual(response.incomplete_details, { reason: 'max_output_tokens' })
  assert.deepEqual(asObject(response.output[0])['summary'], [{ type: 'summary_text', text: 'Hm' }])
  assert.deepEqual(request({ input: response.output }).messages[0]?.parts[0], { kind: 'reasoning', text: 'Hm', opaque })
})

test('responses stream: a refusal', async () => {
  const response = await read([
    start,
    { kind: 'part_start', candidate: 0, part: 0, type: 'refusal' },
    { kind: 'part_delta', candidate: 0, part: 0, text: 'No.' },
    { kind: 'part_end', candidate: 0, part: 0 },
    ...finish('refusal'),
  ])
  assert.equal(response.status, 'completed')
  assert.deepEqual(asObject(response.output[0])['content'], [{ type: 'refusal', refusal: 'No.', parsed: null }])
})

const failure: Failure = { kind: 'rate_limit', phase: 'stream', message: 'slow down' }

test('responses stream: a failure after the start is a failed response', async () => {
  const response = await read([start, ...text(0, 'Hel'), { kind: 'failure', failure }])
  assert.equal(response.status, 'failed')
  assert.deepEqual(response.error, { code: 'rate_limit_exceeded', message: 'slow down' })
})

test('responses stream: a failure before the start makes the SDK throw', async () => {
  const body = write([{ kind: 'failure', failure }])
  assert.equal(
    body,
    'event: error\ndata: {"type":"error","sequence_number":0,"code":"rate_limit","message":"slow down","param":null}\n\n',
  )
  await assert.rejects(read([{ kind: 'failure', failure }]), /slow down/)
})

test('responses stream: events are numbered and the finish waits for the end', () => {
  const encode = openaiResponses.encodeStream(context)
  const all = [start, ...text(0, 'a')].map(encode).join('')
  const numbers = [...all.matchAll(/"sequence_number":(\d+)/g)].map((match) => Number(match[1]))
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => index),
  )
  assert.equal(encode({ kind: 'finish', candidate: 0, finish: { reason: 'stop' } }), '')
  assert.equal(encode({ kind: 'usage', usage }), '')
  assert.match(encode(end), /event: response\.completed/)
})

test('responses stream: texts of different phases are messages of their own, with their phase', async () => {
  const phased = (part: number, phase: string, piece: string): readonly AnswerEvent[] => {
    const [opened, ...rest] = text(part, piece)
    return opened?.kind === 'part_start' && opened.type === 'text' ? [{ ...opened, phase }, ...rest] : []
  }
  const events = [start, ...phased(0, 'commentary', 'I look.'), ...phased(1, 'final_answer', 'Found.'), ...finish('stop')]
  const final = await read(events)
  assert.deepEqual(
    final.output.map((item) => (item.type === 'message' ? [item.phase, item.content.length] : item.type)),
    [
      ['commentary', 1],
      ['final_answer', 1],
    ],
  )
  // Read again they are what they were.
  const decoded: AnswerEvent[] = []
  const decoder = openaiResponses.decodeStream((event) => decoded.push(event), { request: context.request, target: openai })
  for (const frame of write(events).split('\n\n').filter(Boolean)) {
    const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/s.exec(frame) ?? []
    decoder.frame({ event, data })
  }
  assert.deepEqual(
    decoded.flatMap((event) => (event.kind === 'part_start' && event.type === 'text' ? [event.phase] : [])),
    ['commentary', 'final_answer'],
  )
})
