import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerEvent } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import type { DecodeContext } from '../dialect.ts'
import { openaiResponses } from './index.ts'
import { openai, other, request } from './test-requests.ts'

const context: DecodeContext = { request: request({ input: 'Hi', tools: [{ type: 'custom', name: 'sql' }] }), target: openai }

/** The events of a stream, a word each. */
function told(frames: readonly (Json | string)[], given: DecodeContext = context): readonly string[] {
  const events: AnswerEvent[] = []
  const decoder = openaiResponses.decodeStream((event) => events.push(event), given)
  for (const frame of frames) decoder.frame({ event: '', data: typeof frame === 'string' ? frame : JSON.stringify(frame) })
  decoder.end()
  return events.map(tell)
}

function tell(event: AnswerEvent): string {
  switch (event.kind) {
    case 'start':
      return `start ${event.id} ${event.model}`
    case 'part_start':
      return `+${event.part} ${event.type}${event.type === 'tool_call' ? ` ${event.id} ${event.name}${event.custom === true ? ' custom' : ''}` : ''}`
    case 'part_delta':
      return `${event.part}: ${event.text}`
    case 'part_citation':
      return `${event.part} cites ${event.citation.url}`
    case 'part_end':
      return `-${event.part}${event.opaque === undefined ? '' : ` ${JSON.stringify(event.opaque)}`}`
    case 'part_whole':
      return `=${event.part} ${event.content.kind === 'server_tool' ? event.content.type : event.content.mime}`
    case 'usage':
      return `usage ${event.usage.input} ${event.usage.output}`
    case 'finish':
      return `finish ${event.finish.reason}`
    case 'failure':
      return `failure ${event.failure.kind} ${event.failure.phase} ${event.failure.message}`
    default:
      return event.kind
  }
}

const created = {
  type: 'response.created',
  response: { id: 'resp_1', model: 'gpt-5.4', created_at: 5, status: 'in_progress', output: [] },
}
const usage = { input_tokens: 3, output_tokens: 4 }

function completed(output: readonly Json[], more: Json = {}): Json {
  return { type: 'response.completed', response: { id: 'resp_1', model: 'gpt-5.4', status: 'completed', output, usage, ...more } }
}

const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text: 'Hello', annotations: [] }],
}
const at = { item_id: 'msg_1', output_index: 0, content_index: 0 }
const whole = ['start resp_1 gpt-5.4', '+0 text', '0: Hello', '-0', 'usage 3 4', 'finish stop', 'end']
const halves = ['start resp_1 gpt-5.4', '+0 text', '0: Hel', '0: lo', '-0', 'usage 3 4', 'finish stop', 'end']
const hel = { type: 'response.output_text.delta', ...at, delta: 'Hel' }
const lo = { type: 'response.output_text.delta', ...at, delta: 'lo' }
const call = { id: 'fc_1', type: 'function_call', call_id: 'c1', name: 'add', arguments: '' }

const streams: readonly { name: string; frames: readonly (Json | string)[]; events: readonly string[] }[] = [
  {
    name: 'a text with all its events',
    frames: [
      created,
      { type: 'response.output_item.added', output_index: 0, item: { ...message, content: [] } },
      { type: 'response.content_part.added', ...at, part: { type: 'output_text', text: '' } },
      hel,
      lo,
      { type: 'response.output_text.done', ...at, text: 'Hello' },
      { type: 'response.output_item.done', output_index: 0, item: message },
      completed([message]),
    ],
    events: halves,
  },
  { name: 'only the end', frames: [completed([message])], events: whole },
  { name: 'deltas and nothing else', frames: [created, hel, lo, completed([]), '[DONE]'], events: halves },
  {
    name: 'deltas without ids and places',
    frames: [
      created,
      { ...hel, item_id: undefined, output_index: undefined },
      { ...lo, item_id: undefined, output_index: undefined },
      completed([message]),
    ],
    events: halves,
  },
  {
    name: 'ids that change from event to event',
    frames: [created, { ...hel, item_id: 'a' }, { ...lo, item_id: 'b' }, completed([{ ...message, id: 'c' }])],
    events: halves,
  },
  { name: 'a delta that is missing', frames: [created, hel, completed([message])], events: halves },
  {
    name: 'a frame that is broken',
    frames: [created, '{"type":', hel, lo, completed([message])],
    events: [...halves.slice(0, 1), 'skipped', ...halves.slice(1)],
  },
  {
    name: 'a sign of life',
    frames: [created, { type: 'keepalive' }, completed([message])],
    events: [...whole.slice(0, 1), 'ping', ...whole.slice(1)],
  },
  {
    name: 'two calls that interleave',
    frames: [
      created,
      { type: 'response.output_item.added', output_index: 0, item: call },
      { type: 'response.output_item.added', output_index: 1, item: { ...call, id: 'fc_2', call_id: 'c2' } },
      { type: 'response.function_call_arguments.delta', item_id: 'fc_1', output_index: 0, delta: '{"a":' },
      { type: 'response.function_call_arguments.delta', item_id: 'fc_2', output_index: 1, delta: '{}' },
      { type: 'response.function_call_arguments.delta', item_id: 'fc_1', output_index: 0, delta: '1}' },
      { type: 'response.output_item.done', output_index: 1, item: { ...call, id: 'fc_2', call_id: 'c2', arguments: '{}' } },
      { type: 'response.output_item.done', output_index: 0, item: { ...call, arguments: '{"a":1}' } },
      completed([]),
    ],
    events: [
      'start resp_1 gpt-5.4',
      '+0 tool_call c1 add',
      '+1 tool_call c2 add',
      '0: {"a":',
      '1: {}',
      '0: 1}',
      '-1',
      '-0',
      'usage 3 4',
      'finish tool_calls',
      'end',
    ],
  },
  {
    name: 'a call without arguments, told at its end only',
    frames: [created, { type: 'response.output_item.done', output_index: 0, item: call }, completed([call])],
    events: ['start resp_1 gpt-5.4', '+0 tool_call c1 add', '0: {}', '-0', 'usage 3 4', 'finish tool_calls', 'end'],
  },
  {
    name: 'an emulated custom tool',
    frames: [
      created,
      { type: 'response.output_item.added', output_index: 0, item: { ...call, name: 'sql' } },
      { type: 'response.function_call_arguments.delta', item_id: 'fc_1', output_index: 0, delta: '{"input":"SEL' },
      { type: 'response.output_item.done', output_index: 0, item: { ...call, name: 'sql', arguments: '{"input":"SELECT 1"}' } },
      completed([]),
    ],
    events: ['start resp_1 gpt-5.4', '+0 tool_call c1 sql custom', '0: SELECT 1', '-0', 'usage 3 4', 'finish tool_calls', 'end'],
  },
  {
    name: 'summaries, and what is encrypted',
    frames: [
      created,
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'early' },
      },
      { type: 'response.reasoning_summary_text.delta', item_id: 'rs_1', output_index: 0, summary_index: 0, delta: 'A' },
      { type: 'response.reasoning_summary_text.delta', item_id: 'rs_1', output_index: 0, summary_index: 1, delta: 'B' },
      {
        type: 'response.output_item.done',
        output_index: 0,
        item: {
          id: 'rs_1',
          type: 'reasoning',
          summary: [
            { type: 'summary_text', text: 'A' },
            { type: 'summary_text', text: 'B' },
          ],
          encrypted_content: 'gAAA',
        },
      },
      completed([]),
    ],
    events: [
      'start resp_1 gpt-5.4',
      '+0 reasoning',
      '0: A',
      '0: \n\nB',
      '-0 [{"vendor":"openai","kind":"encrypted","data":"gAAA","itemId":"rs_1"}]',
      'usage 3 4',
      'finish stop',
      'end',
    ],
  },
  {
    name: 'a search that ran there, and what it found',
    frames: [
      created,
      { type: 'response.web_search_call.searching', output_index: 0, item_id: 'ws_1' },
      { type: 'response.output_item.done', output_index: 0, item: { id: 'ws_1', type: 'web_search_call', status: 'completed' } },
      { ...hel, output_index: 1 },
      {
        type: 'response.output_text.annotation.added',
        ...at,
        output_index: 1,
        annotation: { type: 'url_citation', url: 'https://x.test/' },
      },
      completed([]),
    ],
    events: [
      'start resp_1 gpt-5.4',
      '=0 web_search_call',
      '+1 text',
      '1: Hel',
      '1 cites https://x.test/',
      '-1',
      'usage 3 4',
      'finish stop',
      'end',
    ],
  },
  {
    name: 'a refusal',
    frames: [
      created,
      { type: 'response.refusal.delta', ...at, delta: 'No.' },
      completed([{ ...message, content: [{ type: 'refusal', refusal: 'No.' }] }]),
    ],
    events: ['start resp_1 gpt-5.4', '+0 refusal', '0: No.', '-0', 'usage 3 4', 'finish refusal', 'end'],
  },
  {
    name: 'an answer that was cut',
    frames: [
      created,
      hel,
      { ...completed([], { incomplete_details: { reason: 'max_output_tokens' } }), type: 'response.incomplete' },
    ],
    events: ['start resp_1 gpt-5.4', '+0 text', '0: Hel', '-0', 'usage 3 4', 'finish length', 'end'],
  },
  {
    name: 'an error before the content, and what follows it',
    frames: [
      created,
      {
        type: 'error',
        error: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'You exceeded your current quota.' },
      },
      { type: 'response.failed', response: {} },
    ],
    events: ['start resp_1 gpt-5.4', 'failure billing first_token You exceeded your current quota.'],
  },
  {
    name: 'a response that failed under way',
    frames: [
      created,
      hel,
      { type: 'response.failed', response: { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Slow down.' } } },
    ],
    events: ['start resp_1 gpt-5.4', '+0 text', '0: Hel', 'failure rate_limit stream Slow down.'],
  },
  {
    name: 'bytes that end too early',
    frames: [created, hel, '[DONE]'],
    events: ['start resp_1 gpt-5.4', '+0 text', '0: Hel', 'failure network stream the stream ended without response.completed'],
  },
  { name: 'nothing', frames: [], events: ['failure malformed first_token the stream ended without an answer'] },
  {
    name: 'an end without an answer',
    frames: [{ type: 'response.completed' }],
    events: ['failure malformed first_token the stream ended without an answer'],
  },
]

for (const { name, frames, events } of streams) {
  test(`responses stream: reads ${name}`, () => assert.deepEqual(told(frames), events))
}

test('responses stream: changed tool names are restored', () => {
  const names = new Map([['add_x', 'add.x']])
  const frames = [
    created,
    { type: 'response.output_item.done', output_index: 0, item: { ...call, name: 'add_x' } },
    completed([]),
  ]
  assert.equal(told(frames, { ...context, target: other, names })[1], '+0 tool_call c1 add.x')
})
