import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { dialects } from '#dialect/registry.ts'
import type { Mock } from '#mock/mock.ts'
import { startMocks } from '#mock/start-mocks.ts'
import { clientsOf, conversations } from '../support/conversations.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { startVendor, type VendorServer } from '../support/vendor-server.ts'

let mock: Mock
let vendor: VendorServer
let relay: RelayProcess

const entraToken = 'eyJhbGciOiJub25lIn0.eyJhdWQiOiJhenVyZSJ9.c2ln'

before(async () => {
  mock = await startMocks(dialects)
  vendor = await startVendor(() => ({
    body: '{"id":"1","model":"m","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}',
  }))
  const openai = mock.providers.find(({ name }) => name === 'openai')?.url
  relay = await startRelay(`version: 1
providers:
  cohere: { api_key: co-key, base_url: "${openai}/v1" }
  azure: { api_key: az-key, base_url: "${openai}/v1" }
  azure-responses: { type: azure, api: responses, api_key: az-key, base_url: "${openai}/v1" }
  seen-cohere: { type: cohere, api_key: co-key, base_url: "${vendor.url}/compatibility/v1" }
  seen-azure: { type: azure, api_key: az-key, base_url: "${vendor.url}/openai/v1" }
  seen-entra: { type: azure, api_key: "${entraToken}", base_url: "${vendor.url}/openai/v1" }
models:
  any: { targets: [azure/gpt-4.1] }
health: { probe: off }
log: { level: warn }
`)
})
after(async () => {
  await relay?.stop()
  await vendor?.close()
  await mock?.close()
})

for (const model of ['cohere/command-a-03-2025', 'azure/gpt-4.1', 'azure-responses/gpt-5.6']) {
  for (const [sdk, converse] of conversations) {
    for (const stream of [false, true]) {
      test(`${sdk} SDK, ${stream ? 'streamed' : 'whole'}, to ${model}: a tool is called and its result is told`, async () => {
        const { called, text } = await converse(clientsOf(relay.url), model, stream)
        assert.equal(called, 'get_weather')
        assert.match(text, /rain, 7 degrees/)
      })
    }
  }
}

const hello = [{ role: 'user' as const, content: 'Hello' }]

test('Cohere gets its key as Bearer and none of the fields that its layer refuses', async () => {
  const { openai } = clientsOf(relay.url)
  const { response } = await openai.chat.completions
    .create({
      model: 'seen-cohere/command-a-reasoning-08-2025',
      messages: hello,
      parallel_tool_calls: false,
      temperature: 1.5,
      reasoning_effort: 'low',
      n: 1,
    })
    .withResponse()
  const seen = vendor.arrived().at(-1)
  assert.equal(seen?.path, '/compatibility/v1/chat/completions')
  assert.equal(seen?.headers.authorization, 'Bearer co-key')
  assert.equal('parallel_tool_calls' in (seen?.body ?? {}), false)
  assert.match(response.headers.get('x-outrigger-dropped') ?? '', /parallel_tool_calls/)
})

test('Cohere’s models take the two efforts that there are, and temperatures up to 1', async () => {
  const { anthropic } = clientsOf(relay.url)
  await anthropic.messages.create({
    model: 'seen-cohere/command-a-reasoning-08-2025',
    max_tokens: 3000,
    messages: hello,
    thinking: { type: 'enabled', budget_tokens: 2000 },
  })
  assert.equal(vendor.arrived().at(-1)?.body['reasoning_effort'], 'high')
  const { gemini } = clientsOf(relay.url)
  await gemini.models.generateContent({ model: 'seen-cohere/command-a-03-2025', contents: 'Hello', config: { temperature: 1.5 } })
  assert.equal(vendor.arrived().at(-1)?.body['temperature'], 1)
})

test('Azure gets a key as `api-key` and an Entra ID token as Bearer', async () => {
  const { openai } = clientsOf(relay.url)
  await openai.chat.completions.create({ model: 'seen-azure/my-deployment', messages: hello })
  const withKey = vendor.arrived().at(-1)
  assert.equal(withKey?.path, '/openai/v1/chat/completions')
  assert.equal(withKey?.headers['api-key'], 'az-key')
  assert.equal(withKey?.headers.authorization, undefined)
  assert.equal(withKey?.body['model'], 'my-deployment')
  await openai.chat.completions.create({ model: 'seen-entra/my-deployment', messages: hello })
  const withToken = vendor.arrived().at(-1)
  assert.equal(withToken?.headers.authorization, `Bearer ${entraToken}`)
  assert.equal(withToken?.headers['api-key'], undefined)
})

test('Azure takes OpenAI’s own fields', async () => {
  const { anthropic } = clientsOf(relay.url)
  await anthropic.messages.create({
    model: 'seen-azure/gpt-4.1',
    max_tokens: 10,
    messages: hello,
    metadata: { user_id: 'u1' },
    service_tier: 'auto',
  })
  const { body } = vendor.arrived().at(-1) ?? {}
  assert.equal(body?.['safety_identifier'], 'u1')
  assert.equal(body?.['service_tier'], 'auto')
  assert.equal(body?.['max_completion_tokens'], 10)
})
