import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RelayEvent } from '#canonical/observe.ts'
import type { Target } from '#canonical/plan.ts'
import { createMetrics } from './metrics.ts'
import { recordMetrics } from './record-metrics.ts'

const target: Target = { id: 'openai/gpt', provider: 'openai', model: 'gpt', dialect: 'openai-chat', weight: 1 }
const usage = { input: 10, output: 5, cacheRead: 4, cacheWrite: 0, reasoning: 2 }

function attempt(of: Target): RelayEvent {
  return {
    kind: 'attempt_ended',
    requestId: 'r',
    route: 'smart',
    target: of,
    keyIndex: 0,
    outcome: 'ok',
    usage,
    durationMs: 10,
    atMs: 1,
  }
}

test('metrics: an attempt is counted with its tokens by type', async () => {
  const metrics = createMetrics('1')
  recordMetrics(metrics)(attempt(target))
  const text = await metrics.registry.metrics()
  assert.match(text, /outrigger_attempts_total\{target="openai\/gpt",outcome="ok"\} 1/)
  assert.match(text, /outrigger_tokens_total\{target="openai\/gpt",type="input"\} 10/)
  assert.match(text, /outrigger_tokens_total\{target="openai\/gpt",type="cache_read"\} 4/)
})

test('metrics: models that clients name share one label', async () => {
  const metrics = createMetrics('1')
  const observe = recordMetrics(metrics)
  for (let number = 0; number < 50; number++)
    observe(attempt({ ...target, id: `openai/x${number}`, model: `x${number}`, label: 'openai/*' }))
  const text = await metrics.registry.metrics()
  assert.match(text, /outrigger_attempts_total\{target="openai\/\*",outcome="ok"\} 50/)
  assert.doesNotMatch(text, /openai\/x/)
})

test('metrics: a request counts by how it ended, and leaves none in flight', async () => {
  const metrics = createMetrics('1')
  const observe = recordMetrics(metrics)
  observe({ kind: 'request_started', requestId: 'r', dialect: 'anthropic', atMs: 0 })
  observe({
    kind: 'request_ended',
    requestId: 'r',
    dialect: 'anthropic',
    route: 'smart',
    target,
    outcome: 'recovered',
    streamOutcome: 'recovered',
    status: 200,
    stream: true,
    attempts: [],
    costUsd: 0.5,
    savedUsd: 0.25,
    durationMs: 100,
    overheadMs: 1,
    dropped: [],
    atMs: 100,
  })
  const text = await metrics.registry.metrics()
  assert.match(text, /outrigger_in_flight 0/)
  assert.match(
    text,
    /outrigger_requests_total\{route="smart",dialect="anthropic",target="openai\/gpt",outcome="recovered",status="200"\} 1/,
  )
  assert.match(text, /outrigger_stream_outcomes_total\{dialect="anthropic",target="openai\/gpt",outcome="recovered"\} 1/)
  assert.match(text, /outrigger_cost_usd_total\{route="smart",target="openai\/gpt"\} 0\.5/)
  assert.match(text, /outrigger_saved_usd_total\{route="smart"\} 0\.25/)
  assert.doesNotMatch(text, /outrigger_extra_cost_usd_total\{/)
})

test('metrics: money that bought no answer counts by its reason; an answer that cost more than the first target counts apart', async () => {
  const metrics = createMetrics('1')
  const observe = recordMetrics(metrics)
  const attempt = { requestId: 'r', route: 'smart', target, keyIndex: 0, durationMs: 1, atMs: 1 } as const
  observe({ kind: 'attempt_ended', ...attempt, outcome: 'timeout', wasted: { usd: 0.125, reason: 'failed' } })
  const end = { requestId: 'r', dialect: 'anthropic', route: 'smart', status: 200, stream: false, attempts: [] } as const
  const times = { durationMs: 1, overheadMs: 0, dropped: [], atMs: 1 }
  observe({ kind: 'request_ended', ...end, ...times, target, outcome: 'ok', costUsd: 1, savedUsd: -0.5 })
  const text = await metrics.registry.metrics()
  assert.match(text, /outrigger_wasted_cost_usd_total\{reason="failed"\} 0\.125/)
  assert.match(text, /outrigger_extra_cost_usd_total\{route="smart"\} 0\.5/)
})

test('metrics: many that ended alike, told without a scrape or by one, add up', async () => {
  const metrics = createMetrics('1')
  const observe = recordMetrics(metrics)
  for (let number = 0; number < 1500; number++) {
    observe({ kind: 'request_started', requestId: `r${number}`, dialect: 'anthropic', atMs: 0 })
    observe({ ...attempt(target), ...(number % 3 === 0 ? { firstTokenMs: 30 } : {}) })
    observe({
      kind: 'request_ended',
      requestId: `r${number}`,
      dialect: 'anthropic',
      route: number % 2 === 0 ? 'smart' : 'fast',
      target,
      outcome: 'ok',
      status: 200,
      stream: false,
      attempts: [],
      costUsd: 0.5,
      savedUsd: number % 2 === 0 ? 0.25 : -0.125,
      durationMs: 40,
      overheadMs: 0.2,
      dropped: [],
      atMs: 1,
    })
  }
  const text = await metrics.registry.metrics()
  for (const line of [
    'outrigger_requests_total{route="fast",dialect="anthropic",target="openai/gpt",outcome="ok",status="200"} 750',
    'outrigger_request_duration_seconds_bucket{le="0.05",route="smart",outcome="ok"} 750',
    'outrigger_request_duration_seconds_bucket{le="0.025",route="smart",outcome="ok"} 0',
    'outrigger_overhead_seconds_count 1500',
    'outrigger_attempts_total{target="openai/gpt",outcome="ok"} 1500',
    'outrigger_time_to_first_token_seconds_count{target="openai/gpt"} 500',
    'outrigger_tokens_total{target="openai/gpt",type="output"} 7500',
    'outrigger_tokens_total{target="openai/gpt",type="reasoning"} 3000',
    'outrigger_cost_usd_total{route="fast",target="openai/gpt"} 375',
    'outrigger_saved_usd_total{route="smart"} 187.5',
    'outrigger_extra_cost_usd_total{route="fast"} 93.75',
    'outrigger_in_flight 0',
  ])
    assert.ok(text.includes(`${line}\n`), `${line}\n${text.slice(0, 4000)}`)
})
