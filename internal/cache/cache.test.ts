import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hints } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'
import { type AnswerCache, type Cached, type CacheEntry, createCache, type SharedCache } from './cache.ts'
import { cacheKey } from './key.ts'

const hints: Hints = { priority: 'normal', tags: {}, cacheOff: false, headers: {} }

function asking(text: string, rest: Partial<Request> = {}): Request {
  return {
    dialect: 'openai-chat',
    model: 'm',
    stream: false,
    messages: [{ role: 'user', parts: [{ kind: 'text', text }] }],
    tools: [],
    params: {},
    output: { format: 'text' },
    ext: {},
    raw: {},
    ...rest,
  }
}

const saying = (text: string): Cached => ({
  target: 'a/b',
  answer: {
    id: '',
    model: 'b',
    created: 0,
    candidates: [{ index: 0, parts: [{ kind: 'text', text }], finish: { reason: 'stop' } }],
  },
})

function cacheOf(max_size = 1e6, shared?: SharedCache): AnswerCache {
  return createCache({ settings: () => ({ ttl: 60_000, max_size }), shared, onFailure: () => {} })
}

function enter(cache: AnswerCache, text: string): Promise<CacheEntry> {
  return cache.enter(asking(text), { route: 'r', hints }) ?? Promise.reject(new Error('not cached'))
}

async function put(cache: AnswerCache, text: string): Promise<void> {
  const entry = await enter(cache, text)
  if (entry.kind === 'lead') entry.settle(saying(text))
}

test('the same meaning has the same key, whatever dialect, stream or cache hints; another client has another', () => {
  const scope = { route: 'r', hints }
  const key = cacheKey(asking('a'), scope)
  const hinted = { role: 'user', parts: [{ kind: 'text', text: 'a', cacheHint: { ttl: '5m' } }] } as const
  assert.equal(cacheKey(asking('a', { dialect: 'anthropic', stream: true, raw: { x: 1 }, messages: [hinted] }), scope), key)
  assert.equal(
    cacheKey(asking('a', { params: { temperature: 0, maxOutput: 1 } }), scope),
    cacheKey(asking('a', { params: { maxOutput: 1, temperature: 0 } }), scope),
  )
  for (const other of [
    asking('b'),
    asking('a', { model: 'n' }),
    asking('a', { params: { temperature: 0 } }),
    asking('a', { output: { format: 'json' } }),
  ]) {
    assert.notEqual(cacheKey(other, scope), key)
  }
  assert.notEqual(cacheKey(asking('a'), { route: 'r', hints: { ...hints, client: 'c' } }), key)
})

test('what must not be answered twice has no key', () => {
  assert.equal(cacheKey(asking('a'), { route: 'r', hints: { ...hints, cacheOff: true } }), undefined)
  assert.equal(cacheKey(asking('a', { state: { previousResponseId: 'x' } }), { route: 'r', hints }), undefined)
  assert.equal(
    cacheKey(asking('a', { tools: [{ kind: 'builtin', type: 'web_search', vendor: 'openai', raw: {} }] }), { route: 'r', hints }),
    undefined,
  )
})

test('an answer is given again; nothing is kept of a failure', async () => {
  const cache = cacheOf()
  const failing = await enter(cache, 'a')
  assert.equal(failing.kind, 'lead')
  if (failing.kind === 'lead') failing.settle(undefined)
  await put(cache, 'a')
  assert.deepEqual(await enter(cache, 'a'), { kind: 'hit', cached: saying('a') })
})

test('of those that ask the same at once one leads; when it fails the next one does', async () => {
  const cache = cacheOf()
  const entries = [enter(cache, 'a'), enter(cache, 'a'), enter(cache, 'a')]
  const first = await entries[0]
  assert.ok(first?.kind === 'lead')
  first.settle(undefined)
  const second = await Promise.race(entries.slice(1))
  assert.ok(second?.kind === 'lead')
  second.settle(saying('a'))
  const kinds = await Promise.all(entries.slice(1).map(async (entry) => (await entry).kind))
  assert.deepEqual(kinds.sort(), ['hit', 'lead'])
})

test('the cache keeps to its bytes under 100,000 entries, and keeps the newest', async () => {
  const limit = 4 * 1024 * 1024
  const cache = cacheOf(limit)
  for (let count = 0; count < 100_000; count++) await put(cache, `question ${count}`)
  assert.ok(cache.bytes() <= limit && cache.bytes() > limit * 0.9, `${cache.bytes()}`)
  assert.equal((await enter(cache, 'question 99999')).kind, 'hit')
  assert.equal((await enter(cache, 'question 0')).kind, 'lead')
})

test('what another instance kept is found; a store that fails is passed over', async () => {
  const kept = new Map<string, Buffer>()
  const shared: SharedCache = {
    get: (key) => Promise.resolve(kept.get(key)),
    set: (key, value) => {
      kept.set(key, value)
      return Promise.resolve()
    },
  }
  await put(cacheOf(1e6, shared), 'a')
  assert.equal((await enter(cacheOf(1e6, shared), 'a')).kind, 'hit')
  const broken: SharedCache = { get: () => Promise.reject(new Error('gone')), set: () => Promise.reject(new Error('gone')) }
  const cache = cacheOf(1e6, broken)
  await put(cache, 'a')
  assert.equal((await enter(cache, 'a')).kind, 'hit')
})
