import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Need } from '#canonical/needs.ts'
import type { Hints } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'
import { loadText } from '#config/load.ts'
import type { TargetHealth } from '#health/snapshot.ts'
import { explainLines } from './explain.ts'
import { makePlan } from './plan.ts'
import type { PlanContext } from './plan-context.ts'
import { inputOfShape } from './shape.ts'

const file = `
version: 1
providers:
  anthropic: { api_key: k }
  openai: { api_key: k }
  gemini: { api_key: k }
  deepseek: { api_key: k }
models:
  smart:
    targets:
      - { target: anthropic/claude-opus-5-5, price: { input: 10, output: 50 } }
      - { target: openai/gpt-5.6, price: { input: 2, output: 10 }, context: 1000 }
      - { target: gemini/gemini-3.7-flash, price: { input: 0.5, output: 2 } }
  cheap: { strategy: cost, targets: [{ target: anthropic/a, price: { input: 3, output: 3 } }, { target: openai/b, price: { input: 1, output: 1 } }, gemini/unknown] }
  "gpt-*": { targets: ["openai/*"] }
  limited: { max_price: { input: 2 }, targets: [{ target: anthropic/a, price: { input: 3, output: 3 } }, { target: openai/b, price: { input: 1, output: 1 } }] }
  sharing:
    affinity: prefix
    targets:
      - { target: openai/even, price: { input: 2, output: 2, cached_input: 0.5 } }
      - { target: gemini/even, price: { input: 2, output: 2, cached_input: 0.5 } }
      - { target: anthropic/dear, price: { input: 20, output: 2, cached_input: 4 } }
      - { target: anthropic/asked, price: { input: 1, output: 2, cached_input: 0.1, cache_write: 1.25 } }
  cached: { strategy: cost, targets: [{ target: openai/b, price: { input: 1, output: 1 } }, { target: anthropic/a, price: { input: 3, output: 1, cached_input: 0.3 } }] }
  canary: { strategy: weighted, sticky: X-Session, targets: [{ target: openai/old, weight: 9 }, { target: openai/new, weight: 1 }] }
  pictures: { targets: [deepseek/deepseek-chat, openai/gpt-4o] }
  unable: { targets: [{ target: openai/plain, lacks: [tools, json_schema, reasoning, audio, files] }, openai/able] }
  cut: { targets: [{ target: anthropic/claude-opus-5-5, price: { input: 10, output: 50 } }, { target: openai/gpt-5.6, price: { input: 2, output: 10 } }, { target: gemini/gemini-3.7-flash, price: { input: 0.5, output: 2 } }] }
rules:
  - { when: { model: cut }, lower_max_tokens: true }
  - { when: { tier: free }, use: cheap }
  - { when: { model: smart, priority: low }, strategy: cost, max_price: { input: 5, output: 20 } }
  - { when: { header: { X-Team: legal } }, only: [anthropic] }
  - { when: { model: sharing, between: "22:00-06:00" }, ignore: [gemini, anthropic] }
  - { when: { model: sharing, input_tokens: { min: 3000 } }, only: [anthropic] }
  - { when: { model: cached, needs: [tools, vision] }, only: [anthropic] }
  - { when: { model: cached, needs: [json_schema] }, only: [openai] }
`

const loaded = loadText(file, { path: 'routing.yaml' })
assert.ok(loaded.ok)
const { config } = loaded.value

const healthy: TargetHealth = { admit: 'normal', errorRatio: 0, samples: 0, inFlight: 0, share: 1, breaker: 'closed' }

type Case = {
  readonly name: string
  readonly model?: string
  readonly hints?: Partial<Hints>
  readonly body?: Record<string, unknown>
  readonly text?: string
  readonly image?: boolean
  readonly needs?: readonly Need[]
  readonly maxTokens?: number
  /** When. */
  readonly at?: string
  /** Tokens of the prompt that targets have read before. */
  readonly readBy?: Readonly<Record<string, number>>
  /** Whether they were seen to cache it. */
  readonly cached?: boolean
  readonly health?: Readonly<Record<string, Partial<TargetHealth>>>
  /** Target ids in order, or the problem's code. */
  readonly plan: readonly string[] | string
}

const smart = ['anthropic/claude-opus-5-5', 'openai/gpt-5.6', 'gemini/gemini-3.7-flash'] as const

const cases: readonly Case[] = [
  { name: 'the order of the file', plan: smart },
  { name: 'provider/model goes straight there', model: 'openai/gpt-9', plan: ['openai/gpt-9'] },
  { name: 'the matched part of a wildcard goes through', model: 'gpt-4o-mini', plan: ['openai/gpt-4o-mini'] },
  { name: 'an unknown model', model: 'smrat', plan: 'model_not_found' },
  { name: 'an unknown provider', model: 'nobody/x', plan: 'model_not_found' },
  { name: 'a rule by tier changes the model', hints: { tier: 'free' }, plan: ['openai/b', 'anthropic/a', 'gemini/unknown'] },
  {
    name: 'a rule by priority changes strategy and prices',
    hints: { priority: 'low' },
    plan: ['gemini/gemini-3.7-flash', 'openai/gpt-5.6'],
  },
  { name: 'a rule by header allows some providers only', hints: { headers: { 'x-team': 'legal' } }, plan: [smart[0]] },
  { name: 'a rule that leaves nobody', model: 'gpt-4o', hints: { headers: { 'x-team': 'legal' } }, plan: 'no_target_available' },
  { name: 'a limit on the cost of the request', hints: { maxCostUsd: 0.002 }, plan: [smart[2]] },
  { name: 'a limit that nobody keeps', hints: { maxCostUsd: 0.0000001 }, plan: 'no_target_within_max_cost' },
  {
    name: 'a limit on the cost, with the answer cut to what it buys',
    model: 'cut',
    hints: { maxCostUsd: 0.0005 },
    maxTokens: 4000,
    plan: ['openai/gpt-5.6 48', 'gemini/gemini-3.7-flash 248'],
  },
  { name: 'an answer that the limit buys whole is not cut', model: 'cut', hints: { maxCostUsd: 1 }, maxTokens: 40, plan: smart },
  {
    name: 'a limit that does not even buy the prompt',
    model: 'cut',
    hints: { maxCostUsd: 0.0000001 },
    maxTokens: 4000,
    plan: 'no_target_within_max_cost',
  },
  { name: 'a prompt that does not fit', text: 'word '.repeat(2000), plan: [smart[0], smart[2]] },
  { name: 'images go where they are taken', model: 'pictures', image: true, plan: ['openai/gpt-4o'] },
  {
    name: 'an open breaker is left out',
    health: { [smart[0]]: { admit: 'refused', breaker: 'open' } },
    plan: [smart[1], smart[2]],
  },
  { name: 'a resting target is left out', health: { [smart[0]]: { restingUntilMs: 5000 } }, plan: [smart[1], smart[2]] },
  {
    name: 'when nobody is healthy the least bad goes first',
    health: {
      [smart[0]]: { admit: 'refused', breaker: 'open', errorRatio: 0.9 },
      [smart[1]]: { admit: 'refused', breaker: 'open', errorRatio: 0.5 },
      [smart[2]]: { admit: 'refused', breaker: 'open', errorRatio: 0.7 },
    },
    plan: [smart[1], smart[2], smart[0]],
  },
  {
    name: 'further models in the body are fallbacks',
    model: 'gpt-4o',
    body: { models: ['gemini/g'] },
    plan: ['openai/gpt-4o', 'gemini/g'],
  },
  { name: 'an order of providers in the body', body: { provider: { order: ['gemini'] } }, plan: [smart[2], smart[0], smart[1]] },
  { name: 'only and ignore in the body', body: { provider: { ignore: ['openai'] } }, plan: [smart[0], smart[2]] },
  { name: 'no fallbacks', body: { provider: { allow_fallbacks: false } }, plan: [smart[0]] },
  { name: 'a rule by the hour', model: 'sharing', at: '2026-01-05T23:00:00Z', plan: ['openai/even'] },
  {
    name: 'a rule by the hour, outside of it',
    model: 'sharing',
    at: '2026-01-05T06:00:00Z',
    plan: ['openai/even', 'gemini/even', 'anthropic/dear', 'anthropic/asked'],
  },
  {
    name: 'a rule by the length of the prompt',
    model: 'sharing',
    text: 'word '.repeat(3000),
    plan: ['anthropic/dear', 'anthropic/asked'],
  },
  { name: 'a rule by what is needed, all of it', model: 'cached', needs: ['tools', 'vision'], plan: ['anthropic/a'] },
  { name: 'a rule by what is needed, half of it', model: 'cached', needs: ['tools'], plan: ['openai/b', 'anthropic/a'] },
  { name: 'a rule by what is needed: a schema', model: 'cached', needs: ['json_schema'], plan: ['openai/b'] },
  ...(['tools', 'json_schema', 'reasoning', 'audio', 'files'] as const).map(
    (need): Case => ({ name: `who lacks ${need} is passed over`, model: 'unable', needs: [need], plan: ['openai/able'] }),
  ),
  { name: 'nothing is needed, nobody is passed over', model: 'unable', plan: ['openai/plain', 'openai/able'] },
  { name: 'a field of `provider` that nobody knows', body: { provider: { oder: [] } }, plan: 'unknown_provider_field' },
  {
    name: 'a field of `provider` that only OpenRouter can honour',
    body: { provider: { zdr: true } },
    plan: 'unsupported_by_target',
  },
  { name: 'the prices that a model allows', model: 'limited', plan: ['openai/b'] },
  {
    name: 'what a rule allows is not widened by the body',
    hints: { headers: { 'x-team': 'legal' } },
    body: { provider: { only: ['anthropic', 'openai'] } },
    plan: [smart[0]],
  },
  {
    name: 'a rule that names the model is not widened by the body either',
    hints: { tier: 'free' },
    body: { models: ['smart'] },
    plan: ['openai/b', 'anthropic/a', 'gemini/unknown'],
  },
  {
    name: 'the target that has the beginning of the prompt goes first',
    model: 'sharing',
    text: 'word '.repeat(2000),
    readBy: { 'gemini/even': 2000 },
    plan: ['gemini/even', 'openai/even', 'anthropic/dear', 'anthropic/asked'],
  },
  {
    name: 'not when it costs more all the same',
    model: 'sharing',
    text: 'word '.repeat(2000),
    readBy: { 'anthropic/dear': 2000 },
    plan: ['openai/even', 'gemini/even', 'anthropic/dear', 'anthropic/asked'],
  },
  {
    name: 'not when it is not healthy',
    model: 'sharing',
    text: 'word '.repeat(2000),
    readBy: { 'gemini/even': 2000 },
    health: { 'gemini/even': { admit: 'refused', breaker: 'open' } },
    plan: ['openai/even', 'anthropic/dear', 'anthropic/asked'],
  },
  {
    name: 'not when it only caches what it is asked to, and was not asked',
    model: 'sharing',
    text: 'word '.repeat(2000),
    readBy: { 'anthropic/asked': 2000 },
    plan: ['openai/even', 'gemini/even', 'anthropic/dear', 'anthropic/asked'],
  },
  {
    name: 'unless it was seen to cache all the same',
    model: 'sharing',
    text: 'word '.repeat(2000),
    readBy: { 'anthropic/asked': 2000 },
    cached: true,
    plan: ['anthropic/asked', 'openai/even', 'gemini/even', 'anthropic/dear'],
  },
  {
    name: 'a cached prompt counts at its price',
    model: 'cached',
    text: 'word '.repeat(2000),
    readBy: { 'anthropic/a': 2600 },
    plan: ['anthropic/a', 'openai/b'],
  },
  {
    name: 'without a cached prompt the cheaper one',
    model: 'cached',
    text: 'word '.repeat(2000),
    plan: ['openai/b', 'anthropic/a'],
  },
  {
    name: 'sorted by price, in the newer form',
    body: { provider: { sort: { by: 'price' } } },
    plan: [smart[2], smart[1], smart[0]],
  },
  { name: 'a sort that nobody knows', body: { provider: { sort: 'prize' } }, plan: 'unknown_provider_field' },
  { name: 'a list of providers that is none', body: { provider: { only: 'openai' } }, plan: 'unknown_provider_field' },
  { name: 'a price that nobody knows', body: { provider: { max_price: { promt: 1 } } }, plan: 'unknown_provider_field' },
  { name: 'prices as texts', body: { provider: { max_price: { prompt: '1', completion: '5' } } }, plan: [smart[2]] },
  { name: 'sorted by price', body: { provider: { sort: 'price' } }, plan: [smart[2], smart[1], smart[0]] },
]

function requestOf({ model = 'smart', body = {}, text = 'Hello', image = false, needs = [], maxTokens }: Case): Request {
  const shape = { model, needs: image ? ['vision'] : needs, ...(maxTokens === undefined ? {} : { outputTokens: maxTokens }) }
  const { request } = inputOfShape(shape)
  const [message] = request.messages
  assert.ok(message)
  const parts = message.parts.map((part) => (part.kind === 'text' ? { ...part, text } : part))
  return { ...request, messages: [{ ...message, parts }], raw: { model, ...body } }
}

for (const example of cases) {
  test(`plan: ${example.name}`, () => {
    const hints: Hints = { priority: 'normal', tags: {}, cacheOff: false, headers: {}, ...example.hints }
    const context: PlanContext = {
      snapshot: { of: (id) => ({ ...healthy, ...example.health?.[id] }) },
      nowMs: 0,
      wallNowMs: Date.parse(example.at ?? '2026-01-05T12:00:00Z'),
      random: () => 0.5,
      offerOf: ({ price, context }) => ({ price, context }),
      readBy: () => new Map(Object.entries(example.readBy ?? {}).map(([id, tokens]) => [id, { tokens, cached: example.cached }])),
    }
    const planned = makePlan({ request: requestOf(example), hints }, config, context)
    const got = planned.ok
      ? planned.value.steps.map(({ target, maxOutput }) => `${target.id}${maxOutput === undefined ? '' : ` ${maxOutput}`}`)
      : planned.error.code
    assert.deepEqual(got, example.plan, explainLines(planned, context).join('\n'))
  })
}

test('plan: a caller that is to stay with its target does, whatever chance says; as many stay with each as its weight says', () => {
  const firstFor = (session: string, chance: number): string | undefined => {
    const hints: Hints = { priority: 'normal', tags: {}, cacheOff: false, headers: { 'x-session': session } }
    const planned = makePlan({ request: requestOf({ name: '', model: 'canary', plan: '' }), hints }, config, {
      snapshot: { of: () => healthy },
      nowMs: 0,
      wallNowMs: 0,
      random: () => chance,
      offerOf: () => ({ price: undefined, context: undefined }),
    })
    return planned.ok ? planned.value.steps[0]?.target.id : undefined
  }
  const sessions = Array.from({ length: 2000 }, (_, index) => `session-${index}`)
  for (const session of sessions.slice(0, 100)) assert.equal(firstFor(session, 0.01), firstFor(session, 0.99))
  const share = sessions.filter((session) => firstFor(session, 0.5) === 'openai/new').length / sessions.length
  assert.ok(Math.abs(share - 0.1) < 0.03, `share ${share}`)
})

test('plan: when nobody is cheap enough the error names the cheapest', () => {
  const hints: Hints = { priority: 'normal', tags: {}, cacheOff: false, headers: {}, maxCostUsd: 0.0001 }
  const planned = makePlan({ request: requestOf({ name: '', plan: '' }), hints }, config, {
    snapshot: { of: () => healthy },
    nowMs: 0,
    wallNowMs: 0,
    random: () => 0.5,
    offerOf: ({ price }) => ({ price, context: undefined }),
  })
  assert.ok(!planned.ok)
  assert.equal(planned.error.code, 'no_target_within_max_cost')
  assert.match(
    planned.error.message,
    /^no target of smart can take this request within 0\.0001 USD; the cheapest, gemini\/gemini-3\.7-flash, would cost about 0\.00100\d USD/,
  )
})

test('plan: costs rest on what answers of the route usually have', () => {
  const costs = (usualOutput: number | undefined, maxTokens?: number): readonly (number | undefined)[] => {
    const request = requestOf({ name: '', plan: '', ...(maxTokens === undefined ? {} : { maxTokens }) })
    const planned = makePlan({ request, hints: { priority: 'normal', tags: {}, cacheOff: false, headers: {} } }, config, {
      snapshot: { of: () => healthy },
      nowMs: 0,
      wallNowMs: 0,
      random: () => 0.5,
      offerOf: () => ({ price: { input: 0, output: 1 }, context: undefined }),
      usualOutput: () => usualOutput,
    })
    return planned.ok ? planned.value.steps.map(({ estimatedUsd }) => estimatedUsd) : []
  }
  assert.equal(costs(undefined)[0], 500e-6)
  assert.equal(costs(80)[0], 80e-6)
  assert.equal(costs(80, 20)[0], 20e-6, 'never more than the request allows')
  assert.equal(costs(80, 4000)[0], 80e-6)
})

test('explain: each target with price, window, health and latency, whether it is asked or not', () => {
  const busy = { ...healthy, samples: 40, errorRatio: 0.05, inFlight: 2 }
  const quantiles = { p50: 120, p95: 300, p99: 400 }
  const times = { firstTokenMs: () => quantiles, latencyMs: () => ({ ...quantiles, p50: 900 }), expectMs: () => 120 }
  const context: PlanContext = {
    snapshot: { of: (id) => (id === smart[0] ? { ...busy, times } : healthy) },
    nowMs: 0,
    wallNowMs: 0,
    random: () => 0.5,
    offerOf: ({ price, context: window }) => ({ price, context: window }),
  }
  const hints: Hints = { priority: 'low', tags: {}, cacheOff: false, headers: {} }
  const planned = makePlan({ request: inputOfShape({ model: 'smart' }).request, hints }, config, context)
  assert.deepEqual(explainLines(planned, context), [
    'route smart, strategy cost, rule 3',
    '  1. gemini/gemini-3.7-flash: about 0.001002 USD',
    '       0.5 in, 2 out USD/MTok · window not known · breaker closed · not asked yet',
    '  2. openai/gpt-5.6: about 0.005008 USD',
    '       2 in, 10 out USD/MTok · window 1000 · breaker closed · not asked yet',
    '  –  anthropic/claude-opus-5-5: input costs 10 USD per million tokens',
    '       10 in, 50 out USD/MTok · window not known · breaker closed · 5 % of 40 failed · first token 120 ms · answer 900 ms · 2 under way',
  ])
})
