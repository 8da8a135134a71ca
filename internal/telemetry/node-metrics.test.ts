import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { collectNodeMetrics } from './node-metrics.ts'

test("node's metrics: CPU, memory, heap, garbage collection and the event loop under their usual names", async () => {
  const registry = new Registry()
  collectNodeMetrics(registry)
  const text = await registry.metrics()
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'nodejs_heap_size_used_bytes',
    'nodejs_gc_duration_seconds',
    'nodejs_eventloop_delay_seconds',
  ])
    assert.match(text, new RegExp(`^# TYPE ${name} `, 'm'))
  assert.doesNotMatch(text, /nodejs_eventloop_lag_p99/)
})

test("node's metrics: a stall shows in the delay, the wait between two looks does not", async () => {
  const registry = new Registry()
  collectNodeMetrics(registry)
  const delays = async (): Promise<ReadonlyMap<string, number>> => {
    const text = await registry.metrics()
    const found = text.matchAll(/^nodejs_eventloop_delay_seconds\{quantile="([^"]+)"\} (\S+)$/gm)
    return new Map([...found].map(([, quantile = '', value]) => [quantile, Number(value)]))
  }
  assert.deepEqual([...(await delays()).values()], [0, 0, 0, 0])
  await new Promise((resolve) => setTimeout(resolve, 100))
  const endMs = performance.now() + 150
  while (performance.now() < endMs);
  await new Promise((resolve) => setTimeout(resolve, 100))
  const seen = await delays()
  assert.ok((seen.get('1') ?? 0) > 0.1)
  assert.ok((seen.get('0.5') ?? 1) < (seen.get('1') ?? 0))
})
