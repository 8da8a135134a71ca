import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Usage } from '#canonical/answer.ts'
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
  const serve = (given: Request, id: string, usage?: Usage): void => {
    affinity.readBy(given)
    affinity.served(given, target(id), usage)
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
  const tokens = affinity.readBy(request([long, 'a', 'b', 'c', 'd'])).get('x')?.tokens ?? 0
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
  affinity.served(request([long]), target('x'), undefined)
  assert.deepEqual(readers(request([long])), [])
})

test("affinity: the provider's own numbers show whether it caches", () => {
  const { affinity, serve } = setUp()
  const usage = (cacheRead: number): Usage => ({ input: 2000, output: 1, cacheRead, cacheWrite: 0, reasoning: 0 })
  const cached = (): unknown => affinity.readBy(request([long])).get('x')?.cached
  serve(request([long]), 'x', usage(0))
  assert.equal(cached(), undefined, 'the first reading shows nothing')
  serve(request([long]), 'x', usage(0))
  serve(request([long]), 'x', usage(0))
  assert.equal(cached(), undefined, 'it may have missed by chance')
  serve(request([long]), 'x', usage(0))
  assert.equal(cached(), false, 'read again and again, and nothing was found')
  serve(request([long]), 'x', usage(1900))
  assert.equal(cached(), true)
  serve(request([long]), 'x')
  assert.equal(cached(), true, 'without numbers what is known stays')
})

test('affinity: a prompt that was read in turns, ahead, is known by the same beginnings', async () => {
  const { affinity, serve } = setUp()
  const texts = ['Früher 😀 '.repeat(60_000), 'a', long.repeat(50), 'b']
  serve(request(texts), 'x')
  let turns = 0
  const again = request([...texts, 'c'])
  await affinity.readAhead(again, () => Promise.resolve(++turns > 0))
  assert.equal(affinity.readBy(again).get('x')?.tokens, affinity.readBy(request(texts)).get('x')?.tokens)
  assert.ok(turns > 2, `${turns} turns`)
})
