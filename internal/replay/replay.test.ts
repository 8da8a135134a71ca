import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Plan, PlanInput, Target } from '#canonical/plan.ts'
import { ok } from '#lib/result.ts'
import { inputOfShape } from '#routing/shape.ts'
import { readLog } from './read-log.ts'
import { replay } from './replay.ts'

const line = (rest: object): string =>
  JSON.stringify({
    message: 'request finished',
    model: 'm',
    target: 'a/x',
    outcome: 'ok',
    input_tokens: 10,
    output_tokens: 2,
    cost_usd: 1,
    duration_ms: 100,
    ...rest,
  })

const target = (id: string): Target => ({ id, provider: id.slice(0, 1), model: id.slice(2), dialect: 'openai-chat', weight: 1 })
const planTo = (id: string): Plan => ({
  route: 'm',
  strategy: 'fallback',
  steps: [{ target: target(id), reason: '' }],
  excluded: [],
})

test('access lines are read, other lines passed over, lines of older versions counted', () => {
  const { requests, skipped } = readLog([
    line({
      tier: 'free',
      priority: 'low',
      tags: { a: 'b' },
      max_cost_usd: 0.1,
      needs: ['tools'],
      client: 'web',
      first_token_ms: 7,
    }),
    JSON.stringify({ message: 'listening' }),
    'not json "request finished"',
    line({ model: undefined }),
  ])
  assert.equal(skipped, 1)
  assert.deepEqual(requests[0]?.shape, {
    model: 'm',
    tags: ['a=b'],
    needs: ['tools'],
    tier: 'free',
    priority: 'low',
    maxCostUsd: 0.1,
    inputTokens: 10,
    outputTokens: 2,
  })
  assert.equal(requests[0]?.waitMs, 7)
  assert.equal(requests[0]?.client, 'web')
})

test('requests are planned with what they asked, priced with what they used; caches stay where they were', () => {
  const seen: PlanInput[] = []
  const { requests } = readLog([
    line({ cache_read_tokens: 8, tier: 'free' }),
    line({ target: 'b/y', cost_usd: 3, cache_read_tokens: 8 }),
  ])
  const replayed = replay(requests, {
    plan: (input) => {
      seen.push(input)
      return ok(planTo('a/x'))
    },
    costOf: (_target, usage) => usage.input - usage.cacheRead,
  })
  assert.equal(seen[0]?.hints.tier, 'free')
  assert.deepEqual(
    replayed.before.map(({ target, costUsd, share }) => [target, costUsd, share]),
    [
      ['a/x', 1, 0.5],
      ['b/y', 3, 0.5],
    ],
  )
  assert.deepEqual(
    replayed.after.map(({ target, requests: count, costUsd }) => [target, count, costUsd]),
    [['a/x', 2, 12]],
  )
})

test('the log is the health of its targets; refusals and exclusions are counted', () => {
  const { requests } = readLog([
    line({
      duration_ms: 300,
      attempts: [
        { target: 'b/y', outcome: 'server' },
        { target: 'a/x', outcome: 'ok' },
      ],
    }),
    line({ duration_ms: 100, attempts: [{ target: 'a/x', outcome: 'ok' }] }),
    line({ input_tokens: undefined, output_tokens: undefined }),
  ])
  let count = 0
  const replayed = replay(requests, {
    plan: (_input, snapshot) => {
      assert.equal(snapshot.of('b/y').errorRatio, 1)
      assert.equal(snapshot.of('a/x').times?.latencyMs()?.p50, 100)
      const excluded = [{ target: target('b/y'), kind: 'price', reason: '' }] as const
      if (count++ === 0) return { ok: false, error: { code: 'no_target_within_max_cost', message: '', excluded } }
      return ok({ ...planTo('a/x'), excluded })
    },
    costOf: () => 1,
  })
  assert.deepEqual(replayed.refused, { no_target_within_max_cost: 1 })
  assert.deepEqual(replayed.excluded, [{ target: 'b/y', kind: 'price', requests: 3 }])
  assert.equal(replayed.unpriced, 1)
})

test('counts that are none are left out, and a request of any length can be planned', () => {
  const [none, vast] = readLog([line({ input_tokens: -5, output_tokens: 1.5 }), line({ input_tokens: 1e15 })]).requests
  assert.deepEqual([none?.usage, none?.shape.inputTokens], [undefined, undefined])
  assert.ok(vast !== undefined)
  const { messages } = inputOfShape(vast.shape).request
  assert.ok(JSON.stringify(messages).length > 10_000_000)
})
