/**
 * What the cache costs: what an answer from it adds to a request, what a search among vectors takes, and what 100,000 entries
 * take in memory against the limit. Usage: make bench-cache
 */
import { Agent, request as sendRequest } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createCache } from '#cache/cache.ts'
import { createMemoryVectors } from '#cache/vectors.ts'
import type { Request } from '#canonical/request.ts'
import { startMockRelay } from '../support/mock-relay.ts'

const mebibyte = 1024 ** 2

await timeHits()
await timeSearch()
await weighEntries()

async function timeHits(): Promise<void> {
  const world = await startMockRelay(`models: { smart: { targets: [anthropic/claude-opus-4-5] } }
cache: { ttl: 10m }
log: { level: warn }
`)
  const agent = new Agent({ keepAlive: true })
  const ask = (question: string): Promise<number> =>
    roundTrip(agent, `${world.relay.url}/v1/chat/completions`, {
      model: 'smart',
      max_tokens: 100,
      messages: [{ role: 'user', content: question }],
    })
  try {
    await ask('again?')
    for (let warm = 0; warm < 500; warm++) await ask('again?')
    // The plainest request that the relay has: what is on top of it is the cache's and the request's own.
    const plain = await times(2000, () => roundTrip(agent, `${world.relay.url}/v1/models`, undefined))
    const hits = await times(2000, () => ask('again?'))
    print('plain request', plain)
    print('answer from the cache', hits)
    console.log(
      `added by an answer from the cache: p50 ${(at(hits, 0.5) - at(plain, 0.5)).toFixed(3)} ms, p99 ${(at(hits, 0.99) - at(plain, 0.99)).toFixed(3)} ms`,
    )
  } finally {
    agent.destroy()
    await world.close()
  }
}

/** Milliseconds from the request to the answer's end. */
function roundTrip(agent: Agent, url: string, body: object | undefined): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const startedMs = performance.now()
  const text = body === undefined ? undefined : JSON.stringify(body)
  const headers = text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
  const sent = sendRequest(url, { agent, method: text === undefined ? 'GET' : 'POST', headers }, (response) => {
    response.resume()
    response.on('end', () => resolve(performance.now() - startedMs))
  })
  sent.on('error', reject)
  sent.end(text)
  return promise
}

async function times(count: number, measure: () => Promise<number> | number): Promise<readonly number[]> {
  const all: number[] = []
  for (let done = 0; done < count; done++) all.push(await measure())
  return all.sort((left, right) => left - right)
}

function at(sorted: readonly number[], quantile: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? 0
}

function print(name: string, sorted: readonly number[]): void {
  console.log(`${name}: p50 ${at(sorted, 0.5).toFixed(3)} ms, p99 ${at(sorted, 0.99).toFixed(3)} ms`)
}

async function timeSearch(): Promise<void> {
  const dimensions = 1536
  const count = 10_000
  const index = createMemoryVectors(() => 256 * mebibyte)
  const random = (): readonly number[] => Array.from({ length: dimensions }, () => Math.random() - 0.5)
  for (let added = 0; added < count; added++) await index.add('one', `k${added}`, random(), 600_000)
  const searches = await times(200, async () => {
    const vector = random()
    const startedMs = performance.now()
    await index.nearest('one', vector, 0.95)
    return performance.now() - startedMs
  })
  print(`search among ${count} vectors of ${dimensions} numbers (${(index.bytes() / mebibyte).toFixed(0)} MiB)`, searches)
}

async function weighEntries(): Promise<void> {
  const limit = 64 * mebibyte
  const cache = createCache({ settings: () => ({ ttl: 600_000, max_size: limit }), shared: undefined, onFailure: () => {} })
  const before = memory()
  for (let count = 0; count < 100_000; count++) {
    const entry = await cache.enter(question(count), {
      route: 'r',
      requestId: '',
      hints: { priority: 'normal', tags: {}, cacheOff: false, headers: {} },
    })
    if (entry?.kind === 'lead') entry.settle({ target: 'a/b', answer: answerOf(count) })
  }
  const grown = memory() - before
  const text = `${cache.entries()} of 100,000 kept, ${(cache.bytes() / mebibyte).toFixed(1)} MiB counted, ${(grown / mebibyte).toFixed(1)} MiB of memory used`
  console.log(`limit ${limit / mebibyte} MiB: ${text}`)
}

/** Bytes in use after a collection. */
function memory(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  // Buffers are let go in a second round.
  for (let round = 0; round < 3 && typeof collect === 'function'; round++) collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function question(number: number): Request {
  return {
    dialect: 'openai-chat',
    model: 'm',
    stream: false,
    messages: [{ role: 'user', parts: [{ kind: 'text', text: `question ${number}` }] }],
    tools: [],
    params: {},
    output: { format: 'text' },
    ext: {},
    raw: {},
  }
}

function answerOf(number: number) {
  const text = 'y'.repeat(100 + (number % 900))
  return {
    id: `a${number}`,
    model: 'b',
    created: 0,
    candidates: [{ index: 0, parts: [{ kind: 'text', text } as const], finish: { reason: 'stop' } as const }],
  }
}
