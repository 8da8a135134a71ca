import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Target } from '#canonical/plan.ts'
import type { Config } from '#config/config.ts'
import { loadText } from '#config/load.ts'
import { createPrices } from './catalogue.ts'

const providers = `
version: 1
providers: { anthropic: { api_key: k }, openai: { api_key: k }, qwen: { api_key: k }, local: { type: openai-compatible, base_url: "http://l" } }
`

function configOf(targets: string, files: Readonly<Record<string, string>> = {}, extra = ''): Config {
  const readFile = (path: string): string => files[path] ?? assert.fail(`no file ${path}`)
  const text = `${providers}models: { m: { targets: [${targets}] } }\n${extra}`
  const loaded = loadText(text, { path: '/etc/outrigger/routing.yaml', sources: { env: {}, readFile } })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return loaded.value.config
}

const targetsOf = ({ models }: Config): readonly Target[] => models[0]?.targets ?? []
const tokens = { input: 1_000_000, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 }
const file = {
  '/etc/outrigger/prices.yaml':
    'openai/gpt-4.1: { input: 7, output: 8, context: 99 }\nlocal/*: { input: 1, output: 2 }\nlocal/big-*: { input: 3, output: 4 }\n',
}
const withFile = 'prices: { file: prices.yaml }'

test('prices: the catalogue knows vendors, our own table what it lacks, nobody else is guessed', async () => {
  const config = configOf('anthropic/claude-opus-4-5, qwen/qwen-plus, qwen/qwen-plus-2025-07-28, qwen/nobody, local/llama')
  const prices = createPrices(() => config)
  await prices.load()
  const [opus, plus, dated, nobody, llama] = targetsOf(config).map((target) => prices.offerOf(target, 0).price)
  assert.deepEqual(opus, { input: 5, output: 25, cachedInput: 0.5, cacheWrite: 6.25, cacheWrite1h: 10 })
  assert.equal(plus?.input, 0.4)
  assert.deepEqual(dated, plus)
  assert.equal(nobody, undefined)
  assert.equal(llama, undefined)
  assert.equal(prices.offerOf(targetsOf(config)[1] ?? assert.fail(), 0).context, 1_000_000)
})

test('prices: a write to a cache that has no price of its own costs the input', async () => {
  const config = configOf('openai/gpt-4.1')
  const prices = createPrices(() => config)
  await prices.load()
  const rates = prices.offerOf(targetsOf(config)[0] ?? assert.fail(), 0).price
  assert.deepEqual([rates?.input, rates?.cacheWrite, rates?.cacheWrite1h], [2, 2, 2])
})

test('prices: a target over the file, the file over the catalogue, the longest pattern of several', async () => {
  const targets = 'openai/gpt-4.1, { target: openai/gpt-4o, price: { input: 5, output: 6 } }, local/small, local/big-one'
  const config = configOf(targets, file, withFile)
  const prices = createPrices(() => config)
  await prices.load()
  assert.deepEqual(
    targetsOf(config).map((target) => prices.offerOf(target, 0).price?.input),
    [7, 5, 1, 3],
  )
  const [listed] = targetsOf(config)
  assert.ok(listed)
  assert.equal(prices.offerOf(listed, 0).context, 99)
  assert.equal(prices.cost(listed, tokens), 7, 'long prompts too: the catalogue has nothing to say any more')
})

test('prices: hours of the day have prices of their own', () => {
  const config = configOf(
    '{ target: local/m, price: { input: 4, output: 8, during: [{ between: "22:00-06:00 UTC", input: 1, output: 2, cached_input: 0.5 }] } }',
  )
  let nowMs = Date.UTC(2026, 0, 5, 21, 59)
  const prices = createPrices(
    () => config,
    () => nowMs,
  )
  const [target] = targetsOf(config)
  assert.ok(target)
  assert.deepEqual([prices.offerOf(target, nowMs).price?.input, prices.cost(target, tokens)], [4, 4])
  nowMs += 60_000
  assert.deepEqual([prices.offerOf(target, nowMs).price?.input, prices.cost(target, tokens)], [1, 1])
})

test('prices: another configuration has other prices at once', () => {
  let config = configOf('local/small', file, withFile)
  const prices = createPrices(() => config)
  const [target] = targetsOf(config)
  assert.ok(target)
  assert.equal(prices.offerOf(target, 0).price?.input, 1)
  config = configOf('local/small', { '/etc/outrigger/prices.yaml': 'local/small: { input: 11, output: 2 }' }, withFile)
  assert.equal(prices.offerOf(target, 0).price?.input, 11)
})

test('prices: a long prompt has the rates of long prompts before it is sent, as on the bill', async () => {
  const config = configOf('anthropic/claude-sonnet-4-5, anthropic/claude-opus-4-5')
  const prices = createPrices(() => config)
  await prices.load()
  const [sonnet, opus] = targetsOf(config)
  assert.ok(sonnet && opus)
  const [short, long] = [100, 300_000].map((tokens) => prices.offerOf(sonnet, 0, tokens).price)
  assert.deepEqual([short?.input, short?.output], [3, 15])
  assert.deepEqual([long?.input, long?.output], [6, 22.5])
  assert.equal(prices.cost(sonnet, { ...tokens, input: 300_000, output: 1000 }), 1.8225)
  assert.deepEqual(prices.offerOf(opus, 0, 300_000).price, prices.offerOf(opus, 0).price)
})
