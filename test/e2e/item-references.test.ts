import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import OpenAI from 'openai'
import { dialects } from '#dialect/registry.ts'
import { createMock, type Mock } from '#mock/mock.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'

let mock: Mock
let relay: RelayProcess

before(async () => {
  const only = (name: string, dialect: string) => ({ name, dialects: dialects.filter((one) => one.name === dialect) })
  mock = await createMock({ providers: [only('claude', 'anthropic'), only('gpt', 'openai-responses')], keep: 100 })
  const url = (name: string): string => mock.providers.find((one) => one.name === name)?.url ?? ''
  relay = await startRelay(
    `version: 1\nproviders:\n  claude: { type: anthropic, api_key: k, base_url: "${url('claude')}" }\n  gpt: { type: openai, api: responses, api_key: k, base_url: "${url('gpt')}/v1" }\nmodels:\n  any: { targets: [claude/claude-sonnet-4-5] }\nhealth: { probe: off }\nlog: { level: warn }\n`,
  )
})
after(async () => {
  await relay?.stop()
  await mock?.close()
})

const ask = { role: 'user', content: 'Say: alpha beta' } as const

async function answered(model: string, stream: boolean, store?: boolean): Promise<string> {
  const client = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: 'k', maxRetries: 0 })
  const body = { model, input: [ask], ...(store === undefined ? {} : { store }) }
  const response = stream ? await client.responses.stream(body).finalResponse() : await client.responses.create(body)
  return response.output[0]?.id ?? ''
}

async function goOn(model: string, id: string): Promise<{ readonly status: number; readonly input: string }> {
  const response = await fetch(`${relay.url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, input: [ask, { type: 'item_reference', id }, { role: 'user', content: 'Go on.' }] }),
  })
  await response.text()
  const last = mock.calls().at(-1)
  return { status: response.status, input: JSON.stringify(last?.body) }
}

for (const stream of [false, true])
  test(`an answer of Claude’s can be named by its id in the next turn, ${stream ? 'streamed' : 'whole'}`, async () => {
    const id = await answered('claude/claude-sonnet-4-5', stream)
    const next = await goOn('claude/claude-sonnet-4-5', id)
    assert.equal(next.status, 200)
    assert.match(next.input, /"role":"assistant".*alpha beta/)
    // OpenAI does not know the id either: it gets the item.
    assert.equal((await goOn('gpt/gpt-4.1', id)).status, 200)
  })

test('what is not to be stored is not', async () => {
  const id = await answered('claude/claude-sonnet-4-5', false, false)
  assert.equal((await goOn('claude/claude-sonnet-4-5', id)).status, 400)
})
