import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hints } from '#canonical/plan.ts'
import type { Message, Request } from '#canonical/request.ts'
import { type CacheEntry, createCache } from './cache.ts'
import { createSemanticCache, type Embedding } from './semantic.ts'
import { createMemoryVectors } from './vectors.ts'

const hints: Hints = { priority: 'normal', tags: {}, cacheOff: false, headers: {} }
const user = (text: string): Message => ({ role: 'user', parts: [{ kind: 'text', text }] })

function asking(text: string, rest: Partial<Request> = {}): Request {
  return {
    dialect: 'openai-chat',
    model: 'm',
    stream: false,
    messages: [user(text)],
    tools: [],
    params: {},
    output: { format: 'text' },
    ext: {},
    raw: {},
    ...rest,
  }
}

const words = ['capital', 'france', 'spain', 'weather', 'please', 'year']

/** Counts a few words: texts of the same words are alike. */
function embedWords(text: string): Embedding {
  return { model: 'words', vector: words.map((word) => (text.toLowerCase().includes(word) ? (word === 'please' ? 0.2 : 1) : 0)) }
}

function world(embed: (text: string) => Embedding | undefined = embedWords) {
  const asked: string[] = []
  const cache = createCache({
    settings: () => ({ ttl: 60_000, max_size: 1e6 }),
    shared: undefined,
    semantic: createSemanticCache({
      settings: () => ({ threshold: 0.95, ttl: 60_000 }),
      embed(text) {
        asked.push(text)
        return Promise.resolve(embed(text))
      },
      index: createMemoryVectors(() => 1e6),
      onFailure: (error) => assert.fail(String(error)),
    }),
    onFailure: (error) => assert.fail(String(error)),
  })
  const enter = async (request: Request): Promise<CacheEntry> => {
    const entry = await cache.enter(request, { route: 'r', hints, requestId: 'q' })
    assert.ok(entry !== undefined)
    if (entry.kind === 'lead') entry.settle({ target: 'a/b', answer: { id: '', model: 'b', created: 0, candidates: [] } })
    return entry
  }
  return { enter, asked }
}

test('a question that means the same gets the answer, marked with how alike they are; another one does not', async () => {
  const { enter } = world()
  assert.equal((await enter(asking('What is the capital of France?'))).kind, 'lead')
  const near = await enter(asking('The capital of France, please'))
  assert.ok(near.kind === 'hit' && near.similarity !== undefined && near.similarity > 0.95 && near.similarity < 1)
  assert.equal((await enter(asking('What is the capital of Spain?'))).kind, 'lead')
})

test('the same question needs no vector', async () => {
  const { enter, asked } = world()
  await enter(asking('capital of France'))
  const again = await enter(asking('capital of France'))
  assert.ok(again.kind === 'hit' && again.similarity === undefined)
  assert.deepEqual(asked, ['capital of France'])
})

const different: readonly { readonly name: string; readonly rest: Partial<Request> }[] = [
  {
    name: 'a system prompt',
    rest: { messages: [{ ...user('Answer in French.'), role: 'system' }, user('capital of France, please')] },
  },
  {
    name: 'an earlier turn',
    rest: { messages: [user('Hello'), { ...user('Hi'), role: 'assistant' }, user('capital of France, please')] },
  },
  { name: 'a temperature', rest: { params: { temperature: 1 } } },
  { name: 'a limit of tokens', rest: { params: { maxOutput: 5 } } },
  { name: 'a schema', rest: { output: { format: 'json' } } },
  { name: 'a reasoning effort', rest: { reasoning: { effort: 'high' } } },
  { name: 'another model', rest: { model: 'n' } },
  { name: 'other numbers', rest: { messages: [user('capital of France, please, in 1799')] } },
]
for (const { name, rest } of different) {
  test(`the rest of the request must be the same: ${name} is a difference`, async () => {
    const { enter } = world()
    await enter(asking('capital of France'))
    assert.equal((await enter(asking('capital of France, please', rest))).kind, 'lead')
  })
}

test('the same numbers may stand in other words', async () => {
  const { enter } = world()
  await enter(asking('capital of France in 1799'))
  assert.equal((await enter(asking('In 1799, capital of France, please'))).kind, 'hit')
})

const uncompared: readonly { readonly name: string; readonly rest: Partial<Request> }[] = [
  { name: 'tools', rest: { tools: [{ kind: 'function', name: 'f' }] } },
  {
    name: 'an image',
    rest: {
      messages: [
        {
          role: 'user',
          parts: [
            { kind: 'text', text: 'capital?' },
            { kind: 'image', source: { kind: 'url', url: 'http://a/b' } },
          ],
        },
      ],
    },
  },
  {
    name: 'a tool result at the end',
    rest: { messages: [{ role: 'tool', parts: [{ kind: 'tool_result', callId: 'c', parts: [] }] }] },
  },
  { name: 'sound in the answer', rest: { output: { format: 'text', modalities: ['audio'] } } },
  { name: 'a very long message', rest: { messages: [user('capital '.repeat(2000))] } },
]
for (const { name, rest } of uncompared) {
  test(`a request with ${name} is not compared`, async () => {
    const { enter, asked } = world()
    await enter(asking('capital', rest))
    assert.deepEqual(asked, [])
  })
}

test('without a vector the request goes on, and its answer is kept for the same question', async () => {
  const { enter } = world(() => undefined)
  assert.equal((await enter(asking('capital'))).kind, 'lead')
  assert.equal((await enter(asking('capital'))).kind, 'hit')
})

test('vectors of another model are not compared', async () => {
  let model = 'one'
  const { enter } = world((text) => ({ ...embedWords(text), model }))
  await enter(asking('capital of France'))
  model = 'other'
  assert.equal((await enter(asking('capital of France, please'))).kind, 'lead')
})
