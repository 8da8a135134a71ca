import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Plan, reasonText } from '#canonical/plan.ts'
import type { Request } from '#canonical/request.ts'
import { loadText } from '#config/load.ts'
import type { TargetHealth } from '#health/snapshot.ts'
import { makePlan } from './plan.ts'

const healthy: TargetHealth = { admit: 'normal', errorRatio: 0, samples: 0, inFlight: 0, share: 1, breaker: 'closed' }
const names = ['a', 'b', 'c', 'd']
const request: Request = {
  dialect: 'openai-chat',
  model: 'pool',
  stream: false,
  messages: [{ role: 'user', parts: [{ kind: 'text', text: 'hello' }] }],
  tools: [],
  params: {},
  output: { format: 'text' },
  ext: {},
  raw: {},
}

/** The plan when breakers of some are open, for so many milliseconds more. */
function planOf(maxEjected: string, openForMs: Readonly<Record<string, number>>, strategy = 'fallback'): Plan {
  const targets = names.map((name) => `p/${name}`).join(', ')
  const loaded = loadText(
    `version: 1\nproviders: { p: { type: openai-compatible, base_url: "http://127.0.0.1:9" } }\nmodels: { pool: { strategy: ${strategy}, targets: [${targets}] } }\n${maxEjected}`,
    { path: 'routing.yaml' },
  )
  assert.ok(loaded.ok)
  const healthOf = (target: string): TargetHealth => {
    const ms = openForMs[target.slice(2)]
    return ms === undefined ? healthy : { ...healthy, admit: 'refused', breaker: 'open', share: 0, restingUntilMs: ms }
  }
  const hints = { priority: 'normal', tags: {}, cacheOff: false, headers: {} } as const
  const planned = makePlan({ request, hints }, loaded.value.config, {
    snapshot: { of: healthOf },
    nowMs: 0,
    wallNowMs: 0,
    random: () => 0.5,
    offerOf: () => ({ price: undefined, context: undefined }),
  })
  assert.ok(planned.ok)
  return planned.value
}

const orderOf = ({ steps }: Plan): readonly string[] =>
  steps.map(({ target, keptIn }) => target.model + (keptIn === true ? ' (kept in)' : ''))
const half = 'breaker: { max_ejected: 50% }'

test('max_ejected: by default all but one may be out', () => {
  assert.deepEqual(orderOf(planOf('', { a: 3, b: 2, c: 1 })), ['d'])
})

test('max_ejected: beyond the share the least bad stays in, at its place', () => {
  assert.deepEqual(orderOf(planOf(half, { a: 3, b: 2 })), ['c', 'd'])
  const plan = planOf(half, { a: 3, b: 2, c: 1 })
  assert.deepEqual(orderOf(plan), ['c (kept in)', 'd'])
  assert.deepEqual(
    plan.excluded.map(({ target }) => target.model),
    ['a', 'b'],
  )
  assert.match(reasonText(plan.steps[0]?.reason ?? ''), /its breaker is open, but too many are/)
})

test('max_ejected: who stays in has its weight again', () => {
  assert.deepEqual(orderOf(planOf(half, { a: 3, b: 2, c: 1 }, 'weighted')).toSorted(), ['c (kept in)', 'd'])
  assert.match(reasonText(planOf(half, { a: 3, b: 2, c: 1 }, 'weighted').steps[0]?.reason ?? ''), /\(50 %\)/)
})

test('max_ejected: 0 % keeps everybody in', () => {
  assert.deepEqual(orderOf(planOf('breaker: { max_ejected: 0% }', { a: 3, b: 2 })), ['a (kept in)', 'b (kept in)', 'c', 'd'])
})
