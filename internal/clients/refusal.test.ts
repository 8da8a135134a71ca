import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadText } from '#config/load.ts'
import { takesFor } from './limits.ts'
import { refusalOf } from './refusal.ts'

const told: readonly (readonly [limit: string, used: number, message: RegExp])[] = [
  ['50', 12_340_000_000, /has used 12\.34 of its 50 USD for this day/],
  ['0.00002', 5_000, /has used 0\.000005 of its 0\.00002 USD/],
  ['0.5', 0, /has used 0 of its 0\.5 USD/],
]

for (const [limit, used, message] of told) {
  test(`a budget of ${limit} USD that is used up is told with its numbers`, () => {
    const text = `version: 1
providers: { openai: { api_key: k } }
models: { m: { targets: [openai/gpt] } }
clients: [{ name: web, key: sk-web, budget: { usd: ${limit}, per: day } }]`
    const loaded = loadText(text, { path: 'routing.yaml' })
    assert.ok(loaded.ok)
    const [client] = loaded.value.config.clients
    assert.ok(client)
    const nowMs = Date.parse('2026-11-24T10:00:00Z')
    const over = takesFor(client, { requestId: 'r', tokens: 1, usd: 1 }, nowMs).find(({ name }) => name === 'budget')
    assert.ok(over)
    const refusal = refusalOf(
      client,
      over,
      { ok: false, refused: 0, used, retryAfterMs: undefined },
      { dialect: 'openai-chat', nowMs },
    )
    assert.match(refusal.message, message)
  })
}
