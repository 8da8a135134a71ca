import assert from 'node:assert/strict'
import { request } from 'node:http'
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
    `version: 1\nadmin_hosts: [relay.example.com]\nproviders: { openai: { api_key: "${secret}", base_url: "${mock.providers[0]?.url}/v1", headers: { x-team: "${secret}" } } }\nmodels:\n  smart: { targets: [openai/gpt-4.1] }\n  refused: { targets: [openai/refused] }\n`,
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

/** As a browser asks whose page's name was led to this machine's address. */
function askAs(host: string, path: string, method = 'GET'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(relay.adminUrl)
    const asked = request({ hostname, port, path, method, headers: { host, origin: `http://${host}` } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    asked.on('error', reject)
    asked.end(method === 'PUT' ? 'info' : undefined)
  })
}

test('operators: a page whose name leads here by DNS rebinding reads and does nothing, probes go on', async () => {
  const host = `attacker.example:${new URL(relay.adminUrl).port}`
  for (const path of ['/', '/status', '/config', '/events', '/page/page.js']) assert.equal(await askAs(host, path), 421, path)
  for (const [method, path] of [
    ['POST', '/drain'],
    ['PUT', '/loglevel'],
    ['POST', '/explain'],
  ] as const)
    assert.equal(await askAs(host, path, method), 421, path)
  for (const path of ['/livez', '/readyz', '/startupz', '/metrics']) assert.equal(await askAs(host, path), 200, path)
  assert.equal(await askAs('relay.example.com', '/status'), 200, 'a name of admin_hosts')
  assert.equal(await askAs('outrigger.gateway.svc:7071', '/loglevel', 'PUT'), 200, 'a name of the cluster')
})

test('operators: the log level and the drain are not for pages of another origin', async () => {
  const foreign = [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }]
  for (const headers of foreign)
    for (const [method, path] of [
      ['POST', '/drain'],
      ['PUT', '/loglevel'],
    ] as const)
      assert.equal((await admin(path, { method, headers, body: 'info' })).status, 403, path)
  assert.equal((await admin('/readyz')).status, 200)
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

test('SIGUSR2: there are no workers to replace, which is told, and the relay goes on', async () => {
  relay.process.kill('SIGUSR2')
  await relay.logged(/"level":"warn".*SIGUSR2 does nothing here/)
  assert.equal((await admin('/readyz')).status, 200)
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
