import assert from 'node:assert/strict'
import { asNumber, asObject, isObject } from '#lib/json.ts'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'
import { type Call, type Class, type Tier, trafficOf } from './bill-traffic.ts'

/** The best model of the file: what premium users are promised. */
export const best = 'anthropic/claude-opus-4-5'

const file = `models:
  best: { targets: [${best}] }
  smart: { targets: [${best}, openai/gpt-4.1, gemini/gemini-2.5-pro] }
  capable: { strategy: cost, targets: [anthropic/claude-sonnet-4-5, openai/gpt-4.1, gemini/gemini-2.5-pro] }
  everyday: { strategy: cost, targets: [anthropic/claude-haiku-4-5, openai/gpt-4.1-mini, gemini/gemini-2.5-flash] }
rules:
  - { when: { tier: premium }, only: [anthropic] }
  - { when: { model: smart, tier: free, needs: [tools] }, use: capable }
  - { when: { model: smart, tier: free }, use: everyday }
log: { level: warn }
`

export type Answered = { readonly class: Class; readonly tier: Tier; readonly target: string; readonly usd: number }
export type Bill = {
  /** Everything on the best model. */
  readonly best: readonly Answered[]
  readonly routed: readonly Answered[]
  /** What the relay says that routing saved. */
  readonly savedUsd: number
}

/** The same traffic twice through the relay, on mock providers at the catalogue's prices: all to the best model, then by the rules. */
export async function runBill(requests: number): Promise<Bill> {
  const world = await startMockRelay(file)
  try {
    const traffic = trafficOf(requests)
    const onBest = await play(world, traffic, 'best')
    const savedBefore = await savedUsd(world)
    const routed = await play(world, traffic, 'smart')
    return { best: onBest, routed, savedUsd: (await savedUsd(world)) - savedBefore }
  } finally {
    await world.close()
  }
}

export function total(answers: readonly Answered[], wanted: (answer: Answered) => boolean = () => true): number {
  return answers.reduce((sum, answer) => sum + (wanted(answer) ? answer.usd : 0), 0)
}

/** One after the other, so that what the relay learns on the way is always the same. */
async function play(world: MockRelay, traffic: readonly Call[], model: string): Promise<readonly Answered[]> {
  const answers: Answered[] = []
  for (const call of traffic) {
    const response = await fetch(`${world.relay.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-outrigger-tier': call.tier },
      body: JSON.stringify({ ...call.body, model }),
    })
    const text = await response.text()
    assert.equal(response.status, 200, text)
    const cost = response.headers.get('x-outrigger-cost-usd')
    assert.ok(cost !== null, 'the answer has no price')
    const target = response.headers.get('x-outrigger-target') ?? ''
    answers.push({ class: call.class, tier: call.tier, target, usd: Number(cost) })
  }
  return answers
}

async function savedUsd(world: MockRelay): Promise<number> {
  const status: unknown = await (await fetch(`${world.relay.adminUrl}/status`)).json()
  return isObject(status) ? (asNumber(asObject(status['costs'])['saved_usd']) ?? 0) : 0
}
