import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Target } from '#canonical/plan.ts'
import { createHealth, type Health } from '#health/registry.ts'
import type { HealthConfig } from '#health/store.ts'
import { findStrategy } from '#strategy/registry.ts'
import { usualBreaker } from '../support/health-config.ts'

/**
 * The latency strategy on simulated time: requests come one after the other, their targets answer as told, and only what the
 * strategy can know of them decides.
 */
type Simulated = { readonly name: string; readonly waitMs: (request: number, inputTokens: number) => number }

function targetOf(name: string): Target {
  return { id: `p/${name}`, provider: 'p', model: name, dialect: 'openai-chat', weight: 1 }
}

function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

const config: HealthConfig = {
  breaker: usualBreaker,
  health: { window: 100 },
  providers: new Map([['p', { keys: [] }]]),
}

type Played = { readonly chosen: readonly string[]; readonly waits: readonly number[]; readonly best: readonly number[] }

function play(targets: readonly Simulated[], requests: number, tokensOf: (request: number) => number, seed = 1): Played {
  const random = createRandom(seed)
  const health: Health = createHealth(config, { random })
  const chosen: string[] = []
  const waits: number[] = []
  const best: number[] = []
  let nowMs = 0
  for (let request = 0; request < requests; request++) {
    nowMs += 100
    const tokens = tokensOf(request)
    const snapshot = health.snapshot(nowMs)
    const candidates = targets.map(({ name }) => {
      const target = targetOf(name)
      const { errorRatio, samples, inFlight, share, times } = snapshot.of(target.id)
      return { target, errorRatio, samples, inFlight, share, latencyMs: times?.expectMs('first_token', tokens) }
    })
    const first = findStrategy('latency')?.order(candidates, random)[0]
    assert.ok(first)
    const simulated = targets.find(({ name }) => name === first.target.model)
    assert.ok(simulated)
    const waitMs = simulated.waitMs(request, tokens) * (0.9 + 0.2 * random())
    chosen.push(simulated.name)
    waits.push(waitMs)
    best.push(Math.min(...targets.map((each) => each.waitMs(request, tokens))))
    const common = { requestId: String(request), route: 'r', target: first.target, keyIndex: 0 }
    health.observe({
      kind: 'attempt_ended',
      ...common,
      outcome: 'ok',
      durationMs: waitMs + 500,
      firstTokenMs: waitMs,
      usage: { input: tokens, output: 50, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
      atMs: nowMs,
    })
  }
  return { chosen, waits, best }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const shareOf = (chosen: readonly string[], name: string): number => chosen.filter((each) => each === name).length / chosen.length
const seeds = [1, 2, 3, 4, 5]

test('latency: when speeds change half-way the traffic follows within 50 requests', () => {
  for (const seed of seeds) {
    const half = 500
    const targets = [
      { name: 'a', waitMs: (request: number) => (request < half ? 200 : 800) },
      { name: 'b', waitMs: (request: number) => (request < half ? 500 : 250) },
      { name: 'c', waitMs: () => 600 },
    ]
    const { chosen, waits, best } = play(targets, 2 * half, () => 300, seed)
    assert.ok(shareOf(chosen.slice(100, half), 'a') > 0.9, `before: ${shareOf(chosen.slice(100, half), 'a')}`)
    assert.ok(
      shareOf(chosen.slice(half + 50, half + 150), 'b') > 0.85,
      `after: ${shareOf(chosen.slice(half + 50, half + 150), 'b')}`,
    )
    const ratio = mean(waits) / mean(best)
    assert.ok(ratio < 1.15, `mean ${ratio.toFixed(3)} times that of always the best`)
  }
})

test('latency: the target that got the short prompts does not win by luck', () => {
  for (const seed of seeds) {
    // b is quicker for every size; a stands in the way with its short prompts when the long ones come.
    const targets = [
      { name: 'a', waitMs: (_request: number, tokens: number) => 200 + 0.4 * tokens },
      { name: 'b', waitMs: (_request: number, tokens: number) => 150 + 0.2 * tokens },
    ]
    const sizes = createRandom(seed + 100)
    const { chosen } = play(targets, 400, () => (sizes() < 0.5 ? 100 : 6000), seed)
    assert.ok(shareOf(chosen.slice(50), 'b') > 0.85, `${shareOf(chosen.slice(50), 'b')}`)
  }
})

test('latency: a target that has recovered is found again', () => {
  for (const seed of seeds) {
    const targets = [
      { name: 'a', waitMs: (request: number) => (request >= 100 && request < 300 ? 3000 : 100) },
      { name: 'b', waitMs: () => 300 },
    ]
    const { chosen } = play(targets, 1500, () => 300, seed)
    assert.ok(shareOf(chosen.slice(120, 300), 'b') > 0.9)
    assert.ok(shareOf(chosen.slice(1000), 'a') > 0.9, `seed ${seed}: ${shareOf(chosen.slice(1000), 'a')}`)
  }
})

test('latency: equally fast targets share the traffic', () => {
  const targets = ['a', 'b', 'c', 'd'].map((name) => ({ name, waitMs: () => 200 }))
  const { chosen } = play(targets, 2000, () => 300)
  for (const { name } of targets) assert.ok(shareOf(chosen, name) > 0.15, `${name}: ${shareOf(chosen, name)}`)
})
