import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

const slowMs = 1500
const requests = 300
const fault = { kind: 'slow_first_token', delay: `${slowMs}ms`, rate: 0.03, when: { provider: 'anthropic' } }
const routes =
  'models: { m: { targets: [anthropic/claude-opus-5-5, openai/gpt-4.1] } }\nhealth: { probe: off }\nlog: { level: warn }\n'

type Measured = {
  readonly p99: number
  readonly slow: number
  readonly faults: number
  readonly asked: number
  readonly metrics: string
}

/** Asks in ten lanes; the times are to the answer's end. */
async function measure(hedge: string, stream: boolean): Promise<Measured> {
  const world: MockRelay = await startMockRelay(`${hedge}${routes}`)
  try {
    world.setFaults([fault], 3)
    const times: number[] = []
    const lane = async (): Promise<void> => {
      for (let number = 0; number < requests / 10; number++) {
        const startedMs = performance.now()
        assert.match(await ask(world, stream), /[a-z]/)
        times.push(performance.now() - startedMs)
      }
    }
    await Promise.all(Array.from({ length: 10 }, lane))
    const sorted = times.toSorted((left, right) => left - right)
    const { providers } = world.mock.stats()
    return {
      p99: sorted[Math.floor(requests * 0.99)] ?? 0,
      slow: times.filter((ms) => ms >= slowMs).length,
      faults: world.mock.fired()[0] ?? 0,
      asked: (providers['anthropic'] ?? 0) + (providers['openai'] ?? 0),
      metrics: await (await fetch(`${world.relay.adminUrl}/metrics`)).text(),
    }
  } finally {
    await world.close()
  }
}

async function ask(world: MockRelay, stream: boolean): Promise<string> {
  const messages = [{ role: 'user' as const, content: 'Hello' }]
  if (!stream) {
    const answer = await world.openai.chat.completions.create({ model: 'm', messages })
    return answer.choices[0]?.message.content ?? ''
  }
  return await world.openai.chat.completions
    .stream({ model: 'm', messages })
    .finalContent()
    .then((text) => text ?? '')
}

for (const stream of [true, false]) {
  test(`hedging ${stream ? 'streams' : 'whole answers'}: the slowest answers become quick for at most 5 % more requests`, async (t) => {
    const hedged = await measure('hedge: { after: 300ms, at_most: 5% }\n', stream)
    t.diagnostic(
      `${hedged.faults} slow first tokens; p99 ${Math.round(hedged.p99)} ms; ${hedged.asked - requests} extra of ${requests}`,
    )
    assert.ok(hedged.faults > requests * 0.01, 'without hedging the slow ones are the p99')
    // The very first may come before the share has grown to one request.
    assert.ok(hedged.slow <= hedged.faults / 2, `${hedged.slow} of ${hedged.faults} still slow`)
    assert.ok(hedged.p99 < slowMs)
    assert.ok(hedged.asked > requests && hedged.asked <= requests * 1.05, `${hedged.asked} requests to providers`)
    const told = [...hedged.metrics.matchAll(/outrigger_attempts_total\{[^}]*outcome="abandoned"\} (\d+)/g)]
    const abandoned = told.reduce((sum, [, count]) => sum + Number(count), 0)
    // One may be abandoned on its way, when the provider has not heard of it yet.
    assert.ok(abandoned >= hedged.asked - requests && abandoned <= requests * 0.05, `${abandoned} abandoned attempts`)
    assert.match(hedged.metrics, /outrigger_wasted_cost_usd_total\{reason="hedged"\} 0\.\d*[1-9]/)
  })
}
