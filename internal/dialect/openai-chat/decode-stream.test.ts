import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AnswerEvent } from '#canonical/answer.ts'
import type { Quirks } from '../quirks.ts'
import { decodeStream } from './decode-stream.ts'
import { chunkOf, contextOf, eventsOf } from './test-kit.ts'

/** Events in short: `text(hi)`, `call(id,name)`, `+args`, `finish(stop)`. */
function brief(events: readonly AnswerEvent[]): string {
  return events.flatMap((event) => word(event) ?? []).join(' ')
}

function word(event: AnswerEvent): string | undefined {
  switch (event.kind) {
    case 'part_start':
      return event.type === 'tool_call' ? `${event.part}:call(${event.id},${event.name})` : `${event.part}:${event.type}`
    case 'part_delta':
      return `${event.part}+${event.text}`
    case 'part_end':
      return `${event.part}.`
    case 'part_whole':
      return `${event.part}:${event.content.kind}`
    case 'part_citation':
      return `${event.part}^${event.citation.url}`
    case 'finish':
      return `finish(${event.finish.reason})`
    case 'usage':
      return `usage(${event.usage.input},${event.usage.output})`
    case 'failure':
      return `failure(${event.failure.kind},${event.failure.phase})`
    case 'ping':
      return undefined
    default:
      return event.kind
  }
}

const calls = (...tool_calls: unknown[]): Record<string, unknown> => ({ tool_calls })
const fn = (name: string | undefined, args: unknown): unknown => ({ name, arguments: args })
const used = { usage: { prompt_tokens: 1, completion_tokens: 2 } }
const done = '[DONE]'
const stop = chunkOf({}, 'stop')

type Case = {
  readonly name: string
  readonly frames: readonly unknown[]
  readonly quirks?: Partial<Quirks>
  readonly brief: string
}

const cases: readonly Case[] = [
  {
    name: 'text, with usage in a chunk of its own',
    frames: [chunkOf({ role: 'assistant', content: '' }), chunkOf({ content: 'hi' }), stop, { choices: [], ...used }, done],
    brief: 'start 0:text 0+hi usage(1,2) 0. finish(stop) end',
  },
  {
    name: "Azure's first chunk about filters",
    frames: [{ choices: [], id: '', model: '', prompt_filter_results: [] }, chunkOf({ content: 'hi' }), stop, done],
    brief: 'start 0:text 0+hi 0. finish(stop) end',
  },
  {
    name: 'usage in every chunk, message beside delta and no [DONE] (Perplexity)',
    frames: [
      { ...chunkOf({ content: 'h' }), ...used },
      { ...chunkOf({ content: 'i' }, 'stop'), usage: { prompt_tokens: 1, completion_tokens: 5 }, citations: ['https://a'] },
    ],
    brief: 'start 0:text 0+h usage(1,2) 0+i usage(1,5) 0^https://a 0. finish(stop) end',
  },
  {
    name: "Groq's usage",
    frames: [chunkOf({ content: 'hi' }, 'stop', { x_groq: used }), done],
    brief: 'start 0:text 0+hi usage(1,2) 0. finish(stop) end',
  },
  {
    name: 'a finish that is told twice (OpenRouter)',
    frames: [chunkOf({ content: 'hi' }), stop, { ...stop, ...used }, done],
    brief: 'start 0:text 0+hi usage(1,2) 0. finish(stop) end',
  },
  {
    name: 'later fragments with an empty id (Qwen)',
    frames: [
      chunkOf({
        content: null,
        reasoning_content: null,
        ...calls({ index: 0, id: 'c1', type: 'function', function: fn('f', '') }),
      }),
      chunkOf(calls({ index: 0, id: '', type: 'function', function: fn(undefined, '{"a"') })),
      chunkOf(calls({ index: 0, id: '', type: 'function', function: fn(undefined, ':1}') })),
      chunkOf({}, 'tool_calls'),
      done,
    ],
    brief: 'start 0:call(c1,f) 0+{"a" 0+:1} 0. finish(tool_calls) end',
  },
  {
    name: 'a call without an index, whole in one chunk (Mistral)',
    frames: [chunkOf(calls({ id: 'abcdefghi', function: fn('f', '{}') }), 'tool_calls'), done],
    brief: 'start 0:call(abcdefghi,f) 0+{} 0. finish(tool_calls) end',
  },
  {
    name: 'id and name in every fragment and no finish',
    frames: [
      chunkOf(calls({ index: 0, id: '0', function: fn('llm_version', '{') })),
      chunkOf(calls({ index: 0, id: '0', function: fn('llm_version', '}') })),
      done,
    ],
    brief: 'start 0:call(0,llm_version) 0+{ 0+} 0. finish(tool_calls) end',
  },
  {
    name: 'parallel calls that interleave',
    frames: [
      chunkOf(calls({ index: 0, id: 'a', function: fn('f', '') }, { index: 1, id: 'b', function: fn('g', '') })),
      chunkOf(calls({ index: 1, function: fn(undefined, '{"b":1}') }, { index: 0, function: fn(undefined, '{"a":1}') })),
      chunkOf({}, 'tool_calls'),
    ],
    brief: 'start 0:call(a,f) 1:call(b,g) 1+{"b":1} 0+{"a":1} 0. 1. finish(tool_calls) end',
  },
  {
    name: 'different calls with the same index',
    frames: [
      chunkOf(calls({ index: 0, id: 'a', function: fn('f', '{}') })),
      chunkOf(calls({ index: 0, id: 'b', function: fn('g', '{}') }), 'tool_calls'),
    ],
    brief: 'start 0:call(a,f) 0+{} 1:call(b,g) 1+{} 0. 1. finish(tool_calls) end',
  },
  {
    name: 'a name that comes after the id',
    frames: [chunkOf(calls({ index: 0, id: 'a' })), chunkOf(calls({ index: 0, function: fn('f', '{}') }), 'tool_calls')],
    brief: 'start 0:call(a,f) 0+{} 0. finish(tool_calls) end',
  },
  {
    name: 'a call without arguments',
    frames: [chunkOf(calls({ index: 0, id: 'a', function: fn('f', null) }), 'tool_calls')],
    brief: 'start 0:call(a,f) 0+{} 0. finish(tool_calls) end',
  },
  {
    name: 'a call that is cut before its arguments',
    frames: [chunkOf(calls({ index: 0, id: 'a', function: fn('f', '') }), 'length')],
    brief: 'start 0:call(a,f) 0. finish(length) end',
  },
  {
    name: 'thinking in an array, then a string (Mistral)',
    frames: [
      chunkOf({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] }),
      chunkOf({ content: 'hi' }),
      chunkOf({ content: '' }, 'stop', used),
      done,
    ],
    brief: 'start 0:reasoning 0+hm 0. 1:text 1+hi usage(1,2) 1. finish(stop) end',
  },
  {
    name: 'think tags that are cut anywhere',
    frames: ['<th', 'ink>h', 'm</', 'think', '>\n\nhi'].map((content) => chunkOf({ content })).concat(stop),
    quirks: { chat: { thinkTags: true } },
    brief: 'start 0:reasoning 0+h 0+m 0. 1:text 1+hi 1. finish(stop) end',
  },
  {
    name: 'an image',
    frames: [chunkOf({ images: [{ image_url: { url: 'data:image/png;base64,AAAA' } }] }), stop],
    brief: 'start 0:image finish(stop) end',
  },
  { name: 'a refusal', frames: [chunkOf({ refusal: 'no' }), stop, done], brief: 'start 0:refusal 0+no 0. finish(refusal) end' },
  {
    name: 'one broken frame in a sound stream',
    frames: [chunkOf({ content: 'h' }), '{"choices":[{', chunkOf({ content: 'i' }), stop, done],
    brief: 'start 0:text 0+h skipped 0+i 0. finish(stop) end',
  },
  { name: 'nothing but broken frames', frames: ['<html>', '</html>'], brief: 'skipped skipped failure(malformed,first_token)' },
  { name: 'no frame at all', frames: [], brief: 'failure(malformed,first_token)' },
  {
    name: 'the end of the bytes without a finish',
    frames: [chunkOf({ content: 'hi' })],
    brief: 'start 0:text 0+hi failure(network,stream)',
  },
  { name: '[DONE] without a finish', frames: [chunkOf({ content: 'hi' }), done], brief: 'start 0:text 0+hi 0. finish(stop) end' },
  {
    name: '[DONE] without a finish where that is a fault',
    frames: [chunkOf({ content: 'hi' }), done],
    quirks: { chat: { laxFinish: false } },
    brief: 'start 0:text 0+hi failure(network,stream)',
  },
  {
    name: '[DONE] without anything',
    frames: [chunkOf({ role: 'assistant' }), done],
    brief: 'start failure(malformed,first_token)',
  },
  {
    name: 'an error after a finish, then more (OpenRouter)',
    frames: [chunkOf({ content: 'hi' }, 'length'), { error: { code: 400, message: 'Token limit reached' }, choices: [] }, done],
    brief: 'start 0:text 0+hi failure(invalid_request,stream)',
  },
  {
    name: 'an error at the beginning',
    frames: [{ error: { message: 'x', type: 'server_error' } }],
    brief: 'failure(server,first_token)',
  },
  { name: "vLLM's error", frames: [{ object: 'error', message: 'x', code: 500 }], brief: 'failure(server,first_token)' },
  {
    name: 'a finish of `error` (Mistral)',
    frames: [chunkOf({ content: 'hi' }), chunkOf({}, 'error')],
    brief: 'start 0:text 0+hi failure(server,stream)',
  },
]

for (const { name, frames, quirks, brief: expected } of cases) {
  test(`chat stream: reads ${name}`, () => assert.equal(brief(eventsOf(frames, contextOf({}, quirks))), expected))
}

test('chat stream: an error event without an error field is one (Groq)', () => {
  const events: AnswerEvent[] = []
  const decoder = decodeStream((event) => events.push(event), contextOf())
  const error = { message: 'Tool choice is required, but model did not call a tool', code: 'tool_use_failed', status_code: 400 }
  decoder.frame({ event: 'error', data: JSON.stringify({ error }) })
  decoder.end()
  assert.equal(brief(events), 'failure(malformed,first_token)')
})

test('chat stream: choices are told apart, and one may finish while the other goes on', () => {
  const at = (index: number, content: string, finish_reason: string | null): unknown => ({
    choices: [{ index, delta: { content }, finish_reason }],
  })
  const events = eventsOf([at(0, 'a', null), at(1, 'b', 'stop'), at(0, 'c', 'length'), '[DONE]'])
  const told = events.flatMap((event) => (event.kind === 'finish' ? [[event.candidate, event.finish.reason]] : []))
  assert.deepEqual(told, [
    [0, 'length'],
    [1, 'stop'],
  ])
  assert.equal(brief(eventsOf([at(0, 'a', 'stop'), at(1, 'b', null)])).endsWith('failure(network,stream)'), true)
})

test('chat stream: calls without ids that share an index are several (Gemini)', () => {
  const one = (name: string): unknown => ({ index: 0, id: '', type: 'function', function: fn(name, '{"a":1}') })
  const events = eventsOf([chunkOf(calls(one('f'), one('f')), 'tool_calls')])
  const ids = events.flatMap((event) => (event.kind === 'part_start' && event.type === 'tool_call' ? [event.id] : []))
  assert.equal(new Set(ids).size, 2)
})

test('chat stream: an emulated custom tool is told as text once it is whole', () => {
  const context = contextOf({ tools: [{ type: 'custom', custom: { name: 'c' } }] })
  const frames = [
    chunkOf(calls({ index: 0, id: 'a', function: fn('c', '{"inp') })),
    chunkOf(calls({ index: 0, function: fn(undefined, 'ut":"free"}') }), 'tool_calls'),
  ]
  assert.equal(brief(eventsOf(frames, context)), 'start 0:call(a,c) 0+free 0. finish(tool_calls) end')
})

test('chat stream: details of reasoning are kept where it ends, also when they come after it', () => {
  const details = [{ type: 'reasoning.encrypted', data: 'x' }]
  const opaqueOf = (frames: readonly unknown[]): unknown =>
    eventsOf(frames, contextOf({}, { vendor: 'openrouter' })).flatMap((event) =>
      event.kind === 'part_end' ? (event.opaque ?? []) : [],
    )
  const kept = [{ vendor: 'openrouter', kind: 'details', data: details[0] }]
  assert.deepEqual(
    opaqueOf([chunkOf({ reasoning: 'hm' }), chunkOf({ reasoning_details: details }), chunkOf({ content: 'a' }), stop]),
    kept,
  )
  assert.deepEqual(opaqueOf([chunkOf({ content: 'a' }), chunkOf({ reasoning_details: details }), stop]), kept)
})

test('chat stream: a chunk without news is a sign of life', () => {
  assert.deepEqual(eventsOf([chunkOf({ content: 'a' }), chunkOf({ content: '' })], contextOf(), false).at(-1), { kind: 'ping' })
})

/** The rules of `AnswerEvent`. */
function assertSound(events: readonly AnswerEvent[]): void {
  const open = new Set<string>()
  const begun = new Set<string>()
  for (const [at, event] of events.entries()) {
    const part = 'part' in event ? `${event.candidate}.${event.part}` : ''
    if (event.kind === 'start') assert.ok(events.slice(0, at).every(({ kind }) => kind === 'skipped'))
    if (event.kind === 'part_start' || event.kind === 'part_whole') {
      assert.ok(!begun.has(part))
      begun.add(part)
    }
    if (event.kind === 'part_start') open.add(part)
    if (event.kind === 'part_delta' || event.kind === 'part_citation') assert.ok(open.has(part))
    if (event.kind === 'part_end') assert.ok(open.delete(part))
  }
  const ends = events.filter(({ kind }) => kind === 'end' || kind === 'failure')
  assert.equal(ends.length, 1)
  assert.equal(events.at(-1), ends[0])
  if (ends[0]?.kind === 'end') assert.equal(open.size, 0)
}

test('chat stream: whatever comes, the events keep their rules', () => {
  const delta = fc.dictionary(
    fc.constantFrom(
      'content',
      'reasoning',
      'reasoning_details',
      'tool_calls',
      'refusal',
      'images',
      'annotations',
      'function_call',
    ),
    fc.oneof(
      fc.jsonValue(),
      fc.string(),
      fc.array(
        fc.record({
          index: fc.nat(2),
          id: fc.constantFrom('', 'a', 'b'),
          function: fc.record({ name: fc.constantFrom('', 'f'), arguments: fc.string() }),
        }),
      ),
    ),
  )
  const finish = fc.constantFrom(null, null, null, 'stop', 'length', 'tool_calls', 'error')
  const choice = fc.record({ index: fc.nat(1), delta, finish_reason: finish })
  const chunk = fc.record({ choices: fc.array(choice, { maxLength: 2 }), usage: fc.jsonValue() }, { requiredKeys: ['choices'] })
  const frame = fc.oneof(
    { weight: 8, arbitrary: chunk.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.constantFrom('[DONE]', '{', '5', '') },
  )
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 12 }), fc.boolean(), (frames, thinkTags) => {
      assertSound(eventsOf(frames, contextOf({}, { chat: { thinkTags } })))
    }),
    { numRuns: 500 },
  )
})
