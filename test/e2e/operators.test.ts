import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import OpenAI from 'openai'
import { dialects } from '#dialect/registry.ts'
import { readFaultPlan } from '#mock/fault-plan.ts'
import { createMock, type Mock } from '#mock/mock.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'

const secret = 'sk-very-secret-key-42'
let mock: Mock
let relay: RelayProcess

before(async () => {
  const plan = readFaultPlan({
    latency: { first_token: '20ms', chunk: '60ms' },
    faults: [{ kind: 'auth', when: { model: 'refused' } }],
  })
  assert.ok(plan.ok)
  mock = await createMock({ providers: [{ name: 'openai', dialects }], plan: plan.value })
  relay = await startRelay(
    `version: 1\nproviders: { openai: { api_key: "${secret}", base_url: "${mock.providers[0]?.url}/v1", headers: { x-team: "${secret}" } } }\nmodels:\n  smart: { targets: [openai/gpt-4.1] }\n  refused: { targets: [openai/refused] }\n`,
  )
})
after(async () => {
  await relay?.stop()
  await mock?.close()
})

const admin = async (path: string, init?: RequestInit): Promise<{ readonly status: number; readonly text: string }> => {
  const response = await fetch(relay.adminUrl + path, init)
  return { status: response.status, text: await response.text() }
}

function ask(model: string): Promise<OpenAI.ChatCompletion> {
  const client = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: 'none', maxRetries: 0 })
  return client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hello' }] })
}

for (const path of ['/livez', '/readyz', '/startupz', '/liveness', '/readiness', '/startup']) {
  test(`operators: ${path} is 200`, async () => assert.equal((await admin(path)).status, 200))
}

test('operators: the key is nowhere to be read, the provider gets it', async () => {
  await ask('smart')
  const error: unknown = await ask('refused').catch((caught: unknown) => caught)
  assert.ok(error instanceof OpenAI.APIError)
  assert.equal(error.status, 502)
  assert.doesNotMatch(String(error.message), new RegExp(secret))
  for (const path of ['/config', '/status', '/metrics', '/explain']) {
    const { text } = await admin(path, path === '/explain' ? { method: 'POST', body: '{"model":"smart"}' } : undefined)
    assert.doesNotMatch(text, new RegExp(secret), path)
  }
  assert.doesNotMatch(relay.log(), new RegExp(secret))
  assert.match((await admin('/config')).text, /\*{8}/)
  const seen = mock.calls().at(-1)
  assert.equal(seen?.headers['authorization'], `Bearer ${secret}`)
})

test('operators: a wrong method, an unknown path, another origin', async () => {
  assert.equal((await admin('/status', { method: 'POST' })).status, 405)
  assert.equal((await admin('/nothing')).status, 404)
  assert.equal((await admin('/drain', { method: 'POST', headers: { origin: 'https://evil.example' } })).status, 403)
})

test('operators: the log level changes at run time', async () => {
  assert.equal((await admin('/loglevel', { method: 'PUT', body: 'loud' })).status, 400)
  assert.equal((await admin('/loglevel', { method: 'PUT', body: 'error' })).status, 200)
  const before = relay.log().length
  await ask('smart')
  await new Promise((resolve) => setTimeout(resolve, 60))
  assert.equal(relay.log().length, before)
  await admin('/loglevel', { method: 'PUT', body: 'info' })
})

test('operators: explain gives the plan of the running relay', async () => {
  const { text } = await admin('/explain', { method: 'POST', body: JSON.stringify({ model: 'smart' }) })
  assert.match(text, /"target": "openai\/gpt-4.1"/)
  assert.equal((await admin('/explain', { method: 'POST', body: '{}' })).status, 400)
})

test('SIGTERM: not ready, the running stream ends well, then exit 0', async () => {
  const client = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: 'none', maxRetries: 0 })
  const stream = await client.chat.completions.create({
    model: 'smart',
    stream: true,
    messages: [{ role: 'user', content: 'Tell me a story' }],
  })
  let finish: string | null = null
  let stopped: Promise<number | null> | undefined
  let duringDrain = 0
  for await (const chunk of stream) {
    finish = chunk.choices[0]?.finish_reason ?? finish
    if (stopped === undefined) {
      stopped = relay.stop()
      await new Promise((resolve) => setTimeout(resolve, 30))
      duringDrain = (await admin('/readyz')).status
    }
  }
  assert.equal(duringDrain, 503)
  assert.equal(finish, 'stop')
  assert.equal(await stopped, 0)
})
