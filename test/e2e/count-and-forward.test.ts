import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

let world: MockRelay

before(async () => {
  world = await startMockRelay(
    'models:\n  claude: { targets: [anthropic/claude-opus-5-5] }\n  gpt: { targets: [openai/gpt-4.1] }\n  gem: { targets: [gemini/gemini-3.7-flash] }\nlog: { level: warn }\n',
  )
})
after(() => world?.close())

test('Anthropic clients count tokens: at Claude itself, elsewhere by an estimate', async () => {
  const client = new Anthropic({ baseURL: world.relay.url, apiKey: 'none', maxRetries: 0 })
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'How many tokens are these?' }]
  assert.ok((await client.messages.countTokens({ model: 'claude', messages })).input_tokens > 0)
  assert.equal(world.mock.calls().at(-1)?.path, '/v1/messages/count_tokens')
  const { input_tokens } = await client.messages.countTokens({ model: 'gpt', messages })
  assert.ok(input_tokens > 4 && input_tokens < 20, `${input_tokens}`)
  await assert.rejects(client.messages.countTokens({ model: 'nothing', messages }), Anthropic.NotFoundError)
})

test('Gemini clients count tokens', async () => {
  const client = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: world.relay.url } })
  for (const model of ['gem', 'gpt']) {
    const { totalTokens } = await client.models.countTokens({ model, contents: 'How many tokens are these?' })
    assert.ok((totalTokens ?? 0) > 3, `${model}: ${totalTokens}`)
  }
})

test('a provider that cannot count leaves it to the estimate: its trouble is not the client’s', async () => {
  const client = new Anthropic({ baseURL: world.relay.url, apiKey: 'none', maxRetries: 0 })
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'How many tokens are these?' }]
  const when = { operation: 'count_tokens' }
  for (const fault of [
    { kind: 'error', status: 503, body: 'html' },
    { kind: 'auth', status: 401 },
    { kind: 'rate_limit' },
    { kind: 'html_200' },
    { kind: 'truncated_json' },
    { kind: 'reset' },
  ]) {
    world.setFaults([{ ...fault, when }])
    const { data, response } = await client.messages.countTokens({ model: 'claude', messages }).withResponse()
    assert.ok(data.input_tokens > 4, fault.kind)
    assert.equal(response.headers.get('x-outrigger-estimated'), 'true', fault.kind)
  }
  world.setFaults([{ kind: 'error', status: 400, when }])
  await assert.rejects(client.messages.countTokens({ model: 'claude', messages }), Anthropic.BadRequestError)
  world.setFaults([])
})

test('/providers/{name}/… reaches a provider as it is, with its key and not the client’s', async () => {
  const response = await fetch(`${world.relay.url}/providers/openai/models`, {
    headers: { authorization: 'Bearer of-the-client', cookie: 'a=b' },
  })
  assert.equal(response.status, 200)
  assert.match(await response.text(), /"object":"list"/)
  const call = world.mock.calls().at(-1)
  assert.equal(call?.path, '/v1/models')
  const sent = JSON.stringify(call)
  assert.doesNotMatch(sent, /of-the-client|a=b/)
  assert.equal((await fetch(`${world.relay.url}/providers/nobody/models`)).status, 404)
})

test('models are listed in the form of the SDK that asks', async () => {
  const names: string[] = []
  for await (const model of world.openai.models.list()) names.push(model.id)
  assert.deepEqual(names, ['claude', 'gpt', 'gem'])
  const anthropic = new Anthropic({ baseURL: world.relay.url, apiKey: 'none', maxRetries: 0 })
  assert.deepEqual(
    (await anthropic.models.list()).data.map((model) => model.id),
    ['claude', 'gpt', 'gem'],
  )
  assert.equal((await world.openai.models.retrieve('gpt')).id, 'gpt')
})
