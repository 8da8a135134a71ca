import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import OpenAI from 'openai'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { startVendor, type VendorServer } from '../support/vendor-server.ts'

/** What vectors cost is on the account of the client for whom they are made: its own, and those of the semantic cache. */
let vendor: VendorServer
let relay: RelayProcess

const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 }
const choices = [{ index: 0, message: { role: 'assistant', content: 'Paris' }, finish_reason: 'stop' }]
const answer = { id: 'a', object: 'chat.completion', created: 1, model: 'chat', choices, usage }
const data = [{ object: 'embedding', index: 0, embedding: [1, 0.5] }]
// 100 tokens at 1,000 USD a million.
const vectors = { object: 'list', model: 'words', data, usage: { prompt_tokens: 100, total_tokens: 100 } }
const embeddingUsd = 0.1

before(async () => {
  vendor = await startVendor(({ path }) => ({ body: JSON.stringify(path.endsWith('/embeddings') ? vectors : answer) }))
  relay = await startRelay(`version: 1
providers: { local: { type: openai-compatible, base_url: "${vendor.url}/v1" } }
models:
  chat: { targets: [{ target: local/chat, price: { input: 0, output: 0 } }] }
  words: { targets: [{ target: local/words, price: { input: 1000, output: 0 } }] }
clients:
  - { name: direct, key: key-direct, budget: { usd: 0.25, per: month } }
  - { name: cached, key: key-cached, rpm: 100, budget: { usd: 0.25, per: month } }
cache: { ttl: 1m, semantic: { model: words, threshold: 0.95 } }
`)
})
after(async () => {
  await relay?.stop()
  await vendor?.close()
})

const embeddings = (): number => vendor.arrived().filter(({ path }) => path.endsWith('/embeddings')).length

test('a client that asks for vectors pays for them, until its budget is used up', async () => {
  const openai = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: 'key-direct', maxRetries: 0 })
  const ask = (): Promise<unknown> => openai.embeddings.create({ model: 'words', input: 'France' })
  for (let count = 0; count < 3; count++) await ask()
  await assert.rejects(ask(), OpenAI.RateLimitError)
  assert.equal(embeddings(), 3)
})

test('the vectors that the semantic cache makes for a client are paid by it, and none are made once its budget is used up', async () => {
  const openai = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: 'key-cached', maxRetries: 0 })
  const ask = async (content: string): Promise<string | null> => {
    const asked = openai.chat.completions.create({ model: 'chat', messages: [{ role: 'user', content }] })
    return (await asked.withResponse()).response.headers.get('x-outrigger-cache')
  }
  const before = embeddings()
  assert.equal(await ask('capital of France?'), 'miss')
  assert.equal(await ask('France, its capital?'), 'hit')
  assert.equal(await ask('The capital? Of France'), 'hit')
  for (const content of ['And that of France?', 'France?']) await assert.rejects(ask(content), OpenAI.RateLimitError)
  assert.equal(embeddings() - before, 3)
  const metrics = await (await fetch(`${relay.adminUrl}/metrics`)).text()
  const used = Number(/outrigger_client_budget_used_ratio\{client="cached"\} (\S+)/.exec(metrics)?.[1])
  // As it stood when the third was asked for: the price of two, and what the third was expected to cost.
  assert.ok(used >= (2 * embeddingUsd) / 0.25, String(used))
  assert.match(metrics, /outrigger_client_limited_total\{client="cached",limit="budget"\} 2/)
})
