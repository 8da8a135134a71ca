import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { asObject } from '#lib/json.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { startVendor, type VendorServer } from '../support/vendor-server.ts'

/**
 * What the providers' own prompt caches save. The answers tell of their caches as the vendors' do; prices are round, so that
 * each sum can be followed by hand.
 */
let vendor: VendorServer
let relay: RelayProcess

const hello = { role: 'assistant', content: 'Hello.' }
const choices = [{ index: 0, message: hello, finish_reason: 'stop' }]

// 10,000 tokens of prompt, of which 8,000 were in the cache.
const openaiUsage = {
  prompt_tokens: 10_000,
  completion_tokens: 10,
  total_tokens: 10_010,
  prompt_tokens_details: { cached_tokens: 8000 },
}
const openai = { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'gpt', choices, usage: openaiUsage }
// Anthropic's `input_tokens` are those beside the cache.
const anthropic = (read: number, written: number) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude',
  content: [{ type: 'text', text: 'Hello.' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1000, cache_read_input_tokens: read, cache_creation_input_tokens: written, output_tokens: 10 },
})
const content = { role: 'model', parts: [{ text: 'Hello.' }] }
const gemini = {
  candidates: [{ index: 0, content, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 5000, cachedContentTokenCount: 4000, candidatesTokenCount: 10, totalTokenCount: 5010 },
}

const answers: Readonly<Record<string, object>> = {
  '/v1/chat/completions': openai,
  '/reads/v1/messages': anthropic(9000, 0),
  '/writes/v1/messages': anthropic(0, 9000),
  '/v1beta/models/flash:generateContent': gemini,
}

before(async () => {
  vendor = await startVendor(({ path }) => ({ body: JSON.stringify(answers[path] ?? { error: `nothing at ${path}` }) }))
  const price = 'price: { input: 10, output: 0, cached_input: 1, cache_write: 12.5 }'
  relay = await startRelay(`version: 1
providers:
  openai: { api_key: k, base_url: "${vendor.url}/v1" }
  reads: { type: anthropic, api_key: k, base_url: "${vendor.url}/reads" }
  writes: { type: anthropic, api_key: k, base_url: "${vendor.url}/writes" }
  gemini: { api_key: k, base_url: "${vendor.url}" }
models:
  gpt: { targets: [{ target: openai/gpt, ${price} }] }
  reads: { targets: [{ target: reads/claude, ${price} }] }
  writes: { targets: [{ target: writes/claude, ${price} }] }
  flash: { targets: [{ target: gemini/flash, ${price} }] }
`)
})
after(async () => {
  await relay?.stop()
  await vendor?.close()
})

// Per target: what the prompt would have cost at 10 USD a million, less what it cost.
const expected = [
  { model: 'gpt', target: 'openai/gpt', costUsd: 0.028, savedUsd: 8000 * 9e-6 },
  { model: 'reads', target: 'reads/claude', costUsd: 0.019, savedUsd: 9000 * 9e-6 },
  { model: 'flash', target: 'gemini/flash', costUsd: 0.014, savedUsd: 4000 * 9e-6 },
  // Writing costs a quarter more than reading anew: it is a saving below 0, until somebody reads it.
  { model: 'writes', target: 'writes/claude', costUsd: 0.1225, savedUsd: -9000 * 2.5e-6 },
] as const

test('what each provider\u2019s cache saved is counted by target, told in the log and summed on the status page', async () => {
  // Once in the vendor's own dialect, once from another one.
  const own = new Anthropic({ baseURL: relay.url, apiKey: 'none', maxRetries: 0 })
  for (const { model, target, costUsd } of expected) {
    const { response } = await own.messages
      .create({ model, max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] })
      .withResponse()
    assert.equal(response.headers.get('x-outrigger-target'), target)
    near(Number(response.headers.get('x-outrigger-cost-usd')), costUsd)
  }
  const metrics = await (await fetch(`${relay.adminUrl}/metrics`)).text()
  const counted = (name: string, target: string): number =>
    Number(new RegExp(`^outrigger_${name}\\{target="${target}"\\} (\\S+)`, 'm').exec(metrics)?.[1] ?? 0)
  for (const { target, savedUsd } of expected) {
    near(counted('prompt_cache_saved_usd_total', target), Math.max(0, savedUsd))
    near(counted('prompt_cache_extra_usd_total', target), Math.max(0, -savedUsd))
  }
  const status = asObject(await (await fetch(`${relay.adminUrl}/status`)).json())
  const total = expected.reduce((sum, { savedUsd }) => sum + savedUsd, 0)
  near(Number(asObject(status['costs'])['prompt_cache_saved_usd']), total)
  const allTold = new RegExp(`(?:"prompt_cache_saved_usd":[\\s\\S]*){${expected.length}}`)
  await relay.logged(allTold)
  for (const { savedUsd } of expected) {
    const told = [...relay.log().matchAll(/"prompt_cache_saved_usd":(-?[\d.e-]+)/g)].map(([, usd]) => Number(usd))
    assert.ok(
      told.some((usd) => Math.abs(usd - savedUsd) < 1e-9),
      `${savedUsd} of ${told.join()}`,
    )
  }
})

function near(actual: number, wanted: number): void {
  assert.ok(Math.abs(actual - wanted) < 1e-6, `${actual} instead of ${wanted}`)
}
