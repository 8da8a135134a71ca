import { openSync, writeSync } from 'node:fs'
import type { RelayEvent } from '#canonical/observe.ts'
import type { Target } from '#canonical/plan.ts'
import { logAccess } from '#telemetry/access-log.ts'
import { bufferLines } from '#telemetry/line-buffer.ts'
import { createLog } from '#telemetry/log.ts'
import { createMetrics } from '#telemetry/metrics.ts'
import { openOtlp } from '#telemetry/otlp.ts'
import { recordMetrics } from '#telemetry/record-metrics.ts'

/** What one part of telemetry takes of the processor for a request, by itself. */
export type Alone = { readonly name: string; readonly microseconds: number }

const target: Target = { id: 'openai/gpt-4.1', provider: 'openai', model: 'gpt-4.1', dialect: 'openai-chat', weight: 1 }
const usage = { input: 500, output: 400, cacheRead: 0, cacheWrite: 0, reasoning: 0 }

/** What the observers of a request that the first target answers hear. */
function eventsOf(number: number): readonly RelayEvent[] {
  const durationMs = 12.345_678 + (number % 50)
  const about = { requestId: `req-${number}`, route: 'm', target, keyIndex: 0, atMs: number } as const
  return [
    { kind: 'request_started', requestId: about.requestId, dialect: 'openai-chat', atMs: number },
    { kind: 'attempt_started', ...about, number: 1 },
    { kind: 'first_token', ...about, afterMs: durationMs },
    { kind: 'attempt_ended', ...about, outcome: 'ok', status: 200, usage, durationMs },
    {
      kind: 'request_ended',
      ...about,
      dialect: 'openai-chat',
      outcome: 'ok',
      status: 200,
      stream: false,
      attempts: [{ target: target.id, outcome: 'ok', status: 200, durationMs }],
      strategy: 'fallback',
      finishReason: 'stop',
      bytesIn: 2048,
      bytesOut: 2300,
      usage,
      costUsd: 0.0042 + number * 1e-6,
      durationMs: durationMs + 0.7,
      overheadMs: 0.3456,
      dropped: [],
    },
  ]
}

/**
 * Each part in a loop of its own: less than within a relay, where the processor's caches are full of other things, but the same on a busy
 * machine and on a quiet one.
 */
export function measureAlone(): readonly Alone[] {
  const metrics = recordMetrics(createMetrics('0'))
  const nowhere = openSync('/dev/null', 'w')
  const lines = bufferLines((bytes, length) => writeSync(nowhere, bytes, 0, length))
  const log = logAccess(createLog({ level: 'info', format: 'json', write: lines.write }))
  const tracer = openOtlp({
    endpoint: 'http://127.0.0.1:9',
    sample: 0.01,
    version: '0',
    captureContent: false,
    provider: () => undefined,
    lastChange: () => undefined,
    epochMs: () => 0,
    // Nobody listens there, and nothing of it is measured.
    onProblem() {},
  })
  const start = {
    requestId: 'req',
    method: 'POST',
    path: '/v1/chat/completions',
    headers: {},
    dialect: 'openai-chat',
    startedMs: 0,
  } as const
  const trace = (events: readonly RelayEvent[]): void => {
    const { observe, headersFor } = tracer.begin(start)
    headersFor(target.id)
    for (const event of events) observe(event)
  }
  const idle = leastOf(() => {})
  return [
    { name: 'metrics', microseconds: leastOf((events) => events.forEach(metrics)) - idle },
    { name: 'log', microseconds: leastOf((events) => events.forEach(log)) - idle },
    { name: 'traces 1 %', microseconds: leastOf(trace) - idle },
  ]
}

const tries = 30
const requests = 5000

/** The least of many tries, for one request: what disturbs makes it more, never less. Not by processor time, which Linux counts in ticks. */
function leastOf(tell: (events: readonly RelayEvent[]) => void): number {
  const events = Array.from({ length: requests }, (_, number) => eventsOf(number))
  let leastMs = Number.POSITIVE_INFINITY
  for (let round = 0; round < tries; round++) {
    const beganMs = performance.now()
    for (const each of events) tell(each)
    leastMs = Math.min(leastMs, performance.now() - beganMs)
  }
  return (1000 * leastMs) / requests
}
