import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerEvent } from '#canonical/answer.ts'
import type { Request } from '#canonical/request.ts'
import { parseSse, type SseFrame } from '#framing/sse-parse.ts'
import { asObject, parseJson } from '#lib/json.ts'
import type { DecodeContext } from '../dialect.ts'
import { decodeStream } from './decode-stream.ts'
import { encodeStream } from './encode-stream.ts'

const request: Request = {
  dialect: 'anthropic',
  model: 'm',
  stream: true,
  messages: [],
  tools: [],
  params: {},
  output: { format: 'text' },
  ext: {},
  raw: {},
}
const context: DecodeContext = {
  request,
  target: {
    model: 'claude',
    quirks: { vendor: 'anthropic' },
    traits: {
      sampling: 'all',
      reasoning: { kind: 'none' },
      forcedTool: 'yes',
      prefill: false,
      lateSystem: false,
      imagesInToolResults: true,
      jsonSchema: true,
    },
  },
}

function decode(payloads: readonly (object | string)[]): readonly AnswerEvent[] {
  const events: AnswerEvent[] = []
  const decoder = decodeStream((event) => events.push(event), context)
  for (const payload of payloads)
    decoder.frame({ event: '', data: typeof payload === 'string' ? payload : JSON.stringify(payload) })
  decoder.end()
  return events
}

const begin = {
  type: 'message_start',
  message: { id: 'msg_1', model: 'claude-1', usage: { input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 1 } },
}
const start = {
  kind: 'start',
  id: 'msg_1',
  model: 'claude-1',
  created: 0,
  usage: { input: 15, output: 1, cacheRead: 5, cacheWrite: 0, reasoning: 0 },
}
const end = [
  {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 7, input_tokens: null },
  },
  { type: 'message_stop' },
]
const usage = { kind: 'usage', usage: { input: 15, output: 7, cacheRead: 5, cacheWrite: 0, reasoning: 0 } }
const finished = (reason: string, raw: string): readonly object[] => [
  usage,
  { kind: 'finish', candidate: 0, finish: { reason, raw } },
  { kind: 'end' },
]
const textStart = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }
const textDelta = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } }
const stop = { type: 'content_block_stop', index: 0 }
const text = [
  { kind: 'part_start', candidate: 0, part: 0, type: 'text' },
  { kind: 'part_delta', candidate: 0, part: 0, text: 'Hi' },
  { kind: 'part_end', candidate: 0, part: 0 },
]

test('decodeStream', async (t) => {
  const cases: readonly { name: string; payloads: readonly (object | string)[]; events: readonly object[] }[] = [
    {
      name: 'text, pings anywhere, cumulative usage where null keeps, a broken frame and [DONE] left out',
      payloads: [{ type: 'ping' }, begin, textStart, { type: 'ping' }, '{"type":', textDelta, stop, ...end, '[DONE]'],
      events: [
        { kind: 'ping' },
        start,
        text[0],
        { kind: 'ping' },
        { kind: 'skipped' },
        text[1],
        text[2],
        ...finished('stop', 'end_turn'),
      ].filter(isObject),
    },
    {
      name: 'a second beginning adds nothing',
      payloads: [begin, begin, textStart, textDelta, stop, ...end],
      events: [start, ...text, ...finished('stop', 'end_turn')],
    },
    {
      name: 'no message_stop, but a stop reason',
      payloads: [begin, textStart, textDelta, end[0] ?? {}],
      events: [start, text[0], text[1], usage, text[2], ...finished('stop', 'end_turn').slice(1)].filter(isObject),
    },
    { name: 'no content and a stop', payloads: [begin, ...end], events: [start, ...finished('stop', 'end_turn')] },
    {
      name: 'a tool without arguments',
      payloads: [
        begin,
        { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 'toolu_1', name: 'now', input: {} } },
        { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '' } },
        stop,
        { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 7 } },
      ],
      events: [
        start,
        { kind: 'part_start', candidate: 0, part: 0, type: 'tool_call', id: 'toolu_1', name: 'now' },
        { kind: 'part_delta', candidate: 0, part: 0, text: '{}' },
        { kind: 'part_end', candidate: 0, part: 0 },
        ...finished('tool_calls', 'tool_use'),
      ],
    },
    {
      name: 'thoughts with a signature only, and encrypted ones',
      payloads: [
        begin,
        { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'S' } },
        stop,
        { type: 'content_block_start', index: 1, content_block: { type: 'redacted_thinking', data: 'R' } },
        { type: 'content_block_stop', index: 1 },
        ...end,
      ],
      events: [
        start,
        { kind: 'part_start', candidate: 0, part: 0, type: 'reasoning' },
        { kind: 'part_end', candidate: 0, part: 0, opaque: [{ vendor: 'anthropic', kind: 'signature', data: 'S' }] },
        { kind: 'part_start', candidate: 0, part: 1, type: 'reasoning' },
        { kind: 'part_end', candidate: 0, part: 1, opaque: [{ vendor: 'anthropic', kind: 'redacted', data: 'R' }] },
        ...finished('stop', 'end_turn'),
      ],
    },
    {
      name: 'an unknown block is left out',
      payloads: [
        begin,
        { type: 'content_block_start', index: 0, content_block: { type: 'compaction', content: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'compaction_delta', content: 'x' } },
        stop,
        ...end,
      ],
      events: [start, ...finished('stop', 'end_turn')],
    },
    {
      name: 'a tool that runs at the provider comes whole',
      payloads: [
        begin,
        {
          type: 'content_block_start',
          index: 0,
          content_block: { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
        },
        { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"query":"x"}' } },
        stop,
        ...end,
      ],
      events: [
        start,
        {
          kind: 'part_whole',
          candidate: 0,
          part: 0,
          content: {
            kind: 'server_tool',
            type: 'server_tool_use',
            vendor: 'anthropic',
            raw: { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'x' } },
          },
        },
        ...finished('stop', 'end_turn'),
      ],
    },
  ]
  for (const { name, payloads, events } of cases) {
    await t.test(name, () => assert.deepEqual(decode(payloads), events))
  }
})

function isObject(value: object | undefined): value is object {
  return value !== undefined
}

test('decodeStream: how it fails', async (t) => {
  const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
  const cases: readonly { name: string; payloads: readonly (object | string)[]; kind: string; phase: string }[] = [
    { name: 'nothing came', payloads: [], kind: 'malformed', phase: 'first_token' },
    { name: 'nothing sound came', payloads: ['<html>', '{'], kind: 'malformed', phase: 'first_token' },
    { name: 'an error at once', payloads: [overloaded], kind: 'overloaded', phase: 'first_token' },
    { name: 'an error after content', payloads: [begin, textStart, textDelta, overloaded], kind: 'overloaded', phase: 'stream' },
    { name: 'cut before content', payloads: [begin, textStart], kind: 'network', phase: 'first_token' },
    { name: 'cut within content', payloads: [begin, textStart, textDelta, stop], kind: 'network', phase: 'stream' },
  ]
  for (const { name, payloads, kind, phase } of cases) {
    await t.test(name, () => {
      const last = decode(payloads).at(-1)
      assert.equal(last?.kind, 'failure')
      assert.deepEqual(last.kind === 'failure' ? [last.failure.kind, last.failure.phase] : [], [kind, phase])
    })
  }
})

function encode(events: readonly AnswerEvent[], given: Request = request): readonly object[] {
  const encoder = encodeStream({ request: given, requestId: 'r1', nowSeconds: 1 })
  const frames: SseFrame[] = []
  const parser = parseSse((frame) => frames.push(frame))
  for (const event of events) parser.push(Buffer.from(encoder(event)))
  parser.end()
  return frames.map(({ event, data }) => {
    const parsed = parseJson(data)
    const body = asObject(parsed.ok ? parsed.value : undefined)
    assert.equal(body['type'], event)
    return body
  })
}

const started: AnswerEvent = { kind: 'start', id: 'x', model: 'gpt', created: 1 }
const toolStart = (part: number): AnswerEvent => ({
  kind: 'part_start',
  candidate: 0,
  part,
  type: 'tool_call',
  id: `call_${part}`,
  name: 'f',
})
const delta = (part: number, words: string): AnswerEvent => ({ kind: 'part_delta', candidate: 0, part, text: words })
const ended = (part: number): AnswerEvent => ({ kind: 'part_end', candidate: 0, part })
const blockStart = (index: number, content_block: object): object => ({ type: 'content_block_start', index, content_block })
const blockDelta = (index: number, inner: object): object => ({ type: 'content_block_delta', index, delta: inner })
const blockStop = (index: number): object => ({ type: 'content_block_stop', index })

test('encodeStream', async (t) => {
  const cases: readonly { name: string; events: readonly AnswerEvent[]; blocks: readonly object[]; visible?: 'none' }[] = [
    {
      name: 'parallel calls that interleave are written one after the other',
      events: [toolStart(0), delta(0, '{"a"'), toolStart(1), delta(1, '{}'), delta(0, ':1}'), ended(1), ended(0)],
      blocks: [
        blockStart(0, { type: 'tool_use', id: 'call_0', name: 'f', input: {} }),
        blockDelta(0, { type: 'input_json_delta', partial_json: '{"a"' }),
        blockDelta(0, { type: 'input_json_delta', partial_json: ':1}' }),
        blockStop(0),
        blockStart(1, { type: 'tool_use', id: 'call_1', name: 'f', input: {} }),
        blockDelta(1, { type: 'input_json_delta', partial_json: '{}' }),
        blockStop(1),
      ],
    },
    {
      name: 'empty text makes no block; what is open at the end is closed',
      events: [
        { kind: 'part_start', candidate: 0, part: 0, type: 'text' },
        ended(0),
        { kind: 'part_start', candidate: 0, part: 1, type: 'refusal' },
        delta(1, 'No'),
      ],
      blocks: [blockStart(0, { type: 'text', text: '' }), blockDelta(0, { type: 'text_delta', text: 'No' }), blockStop(0)],
    },
    {
      name: 'thoughts are signed at their end, encrypted ones are whole',
      events: [
        { kind: 'part_start', candidate: 0, part: 0, type: 'reasoning' },
        delta(0, 'Hm'),
        { kind: 'part_end', candidate: 0, part: 0, opaque: [{ vendor: 'anthropic', kind: 'signature', data: 'S' }] },
        { kind: 'part_start', candidate: 0, part: 1, type: 'reasoning' },
        { kind: 'part_end', candidate: 0, part: 1, opaque: [{ vendor: 'anthropic', kind: 'redacted', data: 'R' }] },
      ],
      blocks: [
        blockStart(0, { type: 'thinking', thinking: '', signature: '' }),
        blockDelta(0, { type: 'thinking_delta', thinking: 'Hm' }),
        blockDelta(0, { type: 'signature_delta', signature: 'S' }),
        blockStop(0),
        blockStart(1, { type: 'redacted_thinking', data: 'R' }),
        blockStop(1),
      ],
    },
    {
      name: 'thoughts that shall not be seen keep their signature only',
      visible: 'none',
      events: [
        { kind: 'part_start', candidate: 0, part: 0, type: 'reasoning' },
        delta(0, 'Hm'),
        { kind: 'part_end', candidate: 0, part: 0, opaque: [{ vendor: 'anthropic', kind: 'signature', data: 'S' }] },
      ],
      blocks: [
        blockStart(0, { type: 'thinking', thinking: '', signature: '' }),
        blockDelta(0, { type: 'signature_delta', signature: 'S' }),
        blockStop(0),
      ],
    },
    {
      name: 'a whole block waits for the open one',
      events: [
        { kind: 'part_start', candidate: 0, part: 0, type: 'text' },
        delta(0, 'a'),
        {
          kind: 'part_whole',
          candidate: 0,
          part: 1,
          content: { kind: 'server_tool', type: 'x_tool_result', vendor: 'anthropic', raw: { type: 'x_tool_result' } },
        },
        delta(0, 'b'),
        ended(0),
      ],
      blocks: [
        blockStart(0, { type: 'text', text: '' }),
        blockDelta(0, { type: 'text_delta', text: 'a' }),
        blockDelta(0, { type: 'text_delta', text: 'b' }),
        blockStop(0),
        blockStart(1, { type: 'x_tool_result' }),
        blockStop(1),
      ],
    },
  ]
  for (const { name, events, blocks, visible } of cases) {
    await t.test(name, () => {
      const usage = { input: 20, output: 3, cacheRead: 5, cacheWrite: 0, reasoning: 0 }
      const given = visible === undefined ? request : { ...request, reasoning: { visible } }
      const [first, ...rest] = encode(
        [
          started,
          ...events,
          { kind: 'finish', candidate: 0, finish: { reason: 'length' } },
          { kind: 'usage', usage },
          { kind: 'end' },
        ],
        given,
      )
      assert.equal(asObject(first)['type'], 'message_start')
      assert.deepEqual(rest, [
        ...blocks,
        {
          type: 'message_delta',
          delta: { stop_reason: 'max_tokens', stop_sequence: null, stop_details: null },
          usage: { input_tokens: 15, cache_creation_input_tokens: 0, cache_read_input_tokens: 5, output_tokens: 3 },
        },
        { type: 'message_stop' },
      ])
    })
  }
})

test('encodeStream: a failure is an error event, also first', () => {
  assert.deepEqual(encode([{ kind: 'failure', failure: { kind: 'overloaded', message: 'busy', phase: 'stream' } }]), [
    {
      type: 'error',
      error: { type: 'overloaded_error', message: 'busy', details: { error_code: 'overloaded' } },
      request_id: 'r1',
    },
  ])
})
