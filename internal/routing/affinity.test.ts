import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Target } from '#canonical/plan.ts'
import type { Message, Request } from '#canonical/request.ts'
import { createAffinity } from './affinity.ts'

const long = 'word '.repeat(1500)

function request(texts: readonly string[], extra: Partial<Request> = {}): Request {
  const messages = texts.map(
    (text, index): Message => ({ role: index % 2 === 0 ? 'user' : 'assistant', parts: [{ kind: 'text', text }] }),
  )
  const base = { dialect: 'openai-chat', model: 'm', stream: false, messages, tools: [], params: {} } as const
  return { ...base, output: { format: 'text' }, ext: {}, raw: {}, ...extra }
}

const target = (id: string): Target => ({ id, provider: 'p', model: id, dialect: 'openai-chat', weight: 1 })

function setUp() {
  let nowMs = 0
  const affinity = createAffinity(() => nowMs)
  const serve = (given: Request, id: string): void => {
    affinity.readBy(given)
    affinity.served(given, target(id))
  }
  const readers = (given: Request): readonly string[] => [...affinity.readBy(given).keys()]
  const advance = (ms: number): void => {
    nowMs += ms
  }
  return { affinity, serve, readers, advance }
}

test('affinity: the next turn of a conversation finds the target of the last one, and all of its tokens', () => {
  const { affinity, serve } = setUp()
  serve(request([long, 'a', 'b']), 'x')
  const [[id, tokens] = ['', 0]] = affinity.readBy(request([long, 'a', 'b', 'c', 'd']))
  assert.equal(id, 'x')
  assert.ok(tokens > 2000 && tokens < 2100, `${tokens} tokens`)
})

test('affinity: conversations that begin alike share their beginning, others nothing', () => {
  const { serve, readers } = setUp()
  serve(request([long, 'a', 'b']), 'x')
  assert.deepEqual(readers(request([long, 'other'])), ['x'])
  assert.deepEqual(readers(request([`other ${long}`, 'a', 'b'])), [])
})

test('affinity: prompts too short for any cache are not remembered', () => {
  const { serve, readers } = setUp()
  serve(request(['short', 'a', 'b']), 'x')
  assert.deepEqual(readers(request(['short', 'a', 'b'])), [])
})

test('affinity: other tools are another prompt', () => {
  const { serve, readers } = setUp()
  serve(request([long]), 'x')
  assert.deepEqual(readers(request([long], { tools: [{ kind: 'function', name: 'f' }] })), [])
})

test('affinity: cache hints that move on with each turn change nothing', () => {
  const { serve, readers } = setUp()
  const hinted: Message = { role: 'user', parts: [{ kind: 'text', text: long, cacheHint: {} }] }
  serve(request([], { messages: [hinted] }), 'x')
  assert.deepEqual(readers(request([long, 'a', 'b'])), ['x'])
})

test('affinity: it ends five minutes after the last use, where an hour was asked for after that', () => {
  const { serve, readers, advance } = setUp()
  serve(request([long]), 'x')
  serve(request([long], { cache: { ttl: '1h' } }), 'y')
  advance(5 * 60_000 - 1)
  assert.deepEqual(readers(request([long])), ['x', 'y'])
  advance(1)
  assert.deepEqual(readers(request([long])), ['y'])
})

test('affinity: what was not asked about is not remembered', () => {
  const { affinity, readers } = setUp()
  affinity.served(request([long]), target('x'))
  assert.deepEqual(readers(request([long])), [])
})
