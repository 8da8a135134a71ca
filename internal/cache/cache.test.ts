import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hints } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'
import { type AnswerCache, type Cached, type CacheEntry, createCache, type SharedCache } from './cache.ts'
import { type CacheScope, cacheKey, cacheKeyInTurns } from './key.ts'

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

function enter(cache: AnswerCache, text: string, scope: Partial<CacheScope> = {}): Promise<CacheEntry> {
  const asked = cache.enter(asking(text), { route: 'r', hints, requestId: 'q', ...scope })
  return asked ?? Promise.reject(new Error('not cached'))
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

test('a large request has the same key, worked out in turns', async () => {
  const scope = { route: 'r', hints: { ...hints, client: 'c' } }
  const picture = { kind: 'image', source: { kind: 'base64', data: 'abcd'.repeat(200_000) }, cacheHint: { ttl: '5m' } } as const
  const text = { kind: 'text', text: 'Früher \n"gesagt" 😀 '.repeat(20_000) } as const
  const tools = [{ kind: 'function', name: 'f', schema: { z: 1, a: [{ y: 1, b: null }], 2: 3 } }] as const
  const request = asking('a', { messages: [{ role: 'user', parts: [text, picture] }], tools, params: { topP: 1, seed: 2 } })
  let turns = 0
  const key = await cacheKeyInTurns(request, scope, () => Promise.resolve(++turns > 0))
  assert.equal(key, cacheKey(request, scope))
  assert.ok(turns > 10, `${turns} turns`)
  assert.equal(await cacheKeyInTurns(request, scope, () => Promise.resolve(false)), undefined)
  assert.equal(
    cacheKeyInTurns(asking('a'), { ...scope, hints: { ...hints, cacheOff: true } }, () => Promise.resolve(true)),
    undefined,
  )
})

test('metadata, the end user and a store that is not wanted change no answer; clients share answers where they may', () => {
  const scope = { route: 'r', hints }
  const key = cacheKey(asking('a'), scope)
  for (const same of [
    asking('a', { metadata: { trace: '1' } }),
    asking('a', { endUser: 'u' }),
    asking('a', { state: { store: false } }),
  ])
    assert.equal(cacheKey(same, scope), key)
  const [one, other] = ['c', 'd'].map((client) => ({ route: 'r', hints: { ...hints, client }, shared: true }))
  assert.ok(one !== undefined && other !== undefined)
  assert.equal(cacheKey(asking('a'), one), cacheKey(asking('a'), other))
})

test('what must not be answered twice has no key', () => {
  assert.equal(cacheKey(asking('a', { stream: true, params: { logprobs: { top: 1 } } }), { route: 'r', hints }), undefined)
  assert.equal(cacheKey(asking('a', { state: { store: true } }), { route: 'r', hints }), undefined)
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

test('an answer of a target that may not answer any more is not given', async () => {
  const cache = cacheOf()
  await put(cache, 'a')
  assert.equal((await enter(cache, 'a', { accepts: (target) => target === 'a/b' })).kind, 'hit')
  assert.equal((await enter(cache, 'a', { accepts: () => false })).kind, 'lead')
})

test('when the one that leads gets nothing to keep, those who wait all ask for themselves at once', async () => {
  const cache = cacheOf()
  const [first, ...others] = [enter(cache, 'a'), enter(cache, 'a'), enter(cache, 'a')]
  const leading = await first
  assert.ok(leading?.kind === 'lead')
  leading.settle(undefined)
  const entries = await Promise.all(others)
  assert.deepEqual(
    entries.map(({ kind }) => kind),
    ['lead', 'lead'],
  )
  for (const entry of entries) if (entry.kind === 'lead') entry.settle(saying('a'))
  assert.equal((await enter(cache, 'a')).kind, 'hit')
})

test('who cannot wait any longer for another one asks for itself', async () => {
  const cache = cacheOf()
  await enter(cache, 'a')
  let late = (): void => {}
  let ended = false
  const whenLate = (call: () => void): (() => void) => {
    late = call
    return () => {
      ended = true
    }
  }
  const waiting = enter(cache, 'a', { whenLate })
  await new Promise(setImmediate)
  late()
  assert.equal((await waiting).kind, 'lead')
  assert.equal(ended, true)
})

test('of those that ask the same at once one leads; when its client goes away the next one does', async () => {
  const cache = cacheOf()
  const entries = [enter(cache, 'a'), enter(cache, 'a'), enter(cache, 'a')]
  const first = await entries[0]
  assert.ok(first?.kind === 'lead')
  first.settle('gone')
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
