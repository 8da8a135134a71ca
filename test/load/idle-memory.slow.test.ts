import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRelay } from '../support/relay-process.ts'
import { startPlainProvider } from './plain-provider.ts'

const mib = 1024 * 1024

// V8 is told not to do it by itself (`cmd/outrigger/idle-memory.ts`).
test('what requests have left is collected when the relay is idle', async () => {
  const provider = await startPlainProvider(5, 20)
  const relay = await startRelay(`version: 1
providers: { a: { type: openai-compatible, api_key: k, base_url: "${provider.url}/v1" } }
models: { m: { targets: [a/m] } }
health: { probe: off }
`)
  const metric = async (line: RegExp): Promise<number> => {
    const text = await (await fetch(`${relay.adminUrl}/metrics`)).text()
    return Number(line.exec(text)?.[1] ?? 0)
  }
  const heap = async (): Promise<number> => (await metric(/^nodejs_heap_size_used_bytes (\S+)$/m)) / mib
  // Of everything, not of the young generation alone.
  const collections = (): Promise<number> => metric(/^nodejs_gc_duration_seconds_count\{[^}]*kind="major"[^}]*\} (\S+)$/m)
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x'.repeat(100_000) }] })
  const ask = async (): Promise<void> => {
    const response = await fetch(`${relay.url}/v1/chat/completions`, { method: 'POST', body })
    assert.equal(response.status, 200)
    await response.text()
  }
  try {
    // The garbage of the start is collected a second after it.
    await sleep(2000)
    const before = await heap()
    let most = before
    // Until there is something to collect: V8 collects the young generation in between.
    for (let round = 0; round < 50 && most < before + 15; round++) {
      await Promise.all(Array.from({ length: 50 }, ask))
      most = Math.max(most, await heap())
    }
    assert.ok(most >= before + 15, `the heap grew from ${before} to ${most} MiB`)
    const done = await collections()
    let waits = 0
    // To be asked is something to do: not more often than an idle relay waits.
    do await sleep(12_000)
    while ((await collections()) < done + 2 && ++waits < 4)
    assert.ok(waits < 4, 'nothing was collected')
    assert.ok((await heap()) <= most - 10)
  } finally {
    await relay.stop()
    await provider.close()
  }
})
