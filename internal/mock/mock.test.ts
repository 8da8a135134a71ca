import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { asArray, asObject, type JsonObject } from '#lib/json.ts'
import { fakeDialect } from './fake-dialect.ts'
import { type FaultPlan, parseFaultPlan } from './fault-plan.ts'
import { createMock, type Mock, type MockProviderOptions } from './mock.ts'

const open: Mock[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((mock) => mock.close()))
})

async function start(faults = '', provider: Partial<MockProviderOptions> = {}): Promise<{ mock: Mock; url: string }> {
  const mock = await createMock({
    providers: [{ name: 'fake', dialects: [fakeDialect], ...provider }],
    plan: planOf(faults),
    nowSeconds: () => 1_767_225_600,
  })
  open.push(mock)
  return { mock, url: mock.providers[0]?.url ?? '' }
}

function planOf(text: string): FaultPlan {
  const plan = parseFaultPlan(text)
  if (!plan.ok) throw new Error(plan.error.join('\n'))
  return plan.value
}

function ask(url: string, body: JsonObject = {}, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', prompt: 'hi', ...body }),
    headers,
  })
}

async function jsonOf(response: Response): Promise<JsonObject> {
  return asObject(await response.json())
}

/** The error code below a failed fetch or a failed read of its body. */
async function codeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    return asObject(cause)['code'] ?? cause
  }
  return 'no error'
}

test('mock: answers whole', async () => {
  const { url } = await start()
  const response = await ask(url)
  assert.equal(response.headers.get('content-type'), 'application/json')
  assert.deepEqual(await jsonOf(response), {
    id: 'mock000000000001',
    model: 'm',
    choices: ['Hello from fake, playing m. You said: "hi"'],
  })
})

test('mock: answers as a stream', async () => {
  const { url } = await start('latency: {first_token: 1ms, chunk: 1ms}')
  const response = await ask(url, { stream: true, most: 2 })
  assert.equal(response.headers.get('content-type'), 'text/event-stream')
  const frames = ['{"open":true}', '{"text":"Hello"}', '{"text":" from"}', '{"finish":"length"}', '[DONE]']
  assert.equal(await response.text(), frames.map((frame) => `data: ${frame}\n\n`).join(''))
})

test('mock: takes the path without its version and behind a prefix', async () => {
  const { url } = await start()
  for (const path of ['/chat/completions', '/openai/v1/chat/completions', '/v1/chat/completions?beta=true']) {
    const response = await fetch(url + path, { method: 'POST', body: '{"model":"m"}' })
    assert.equal(response.status, 200, path)
  }
})

test('mock: tells health, models and embeddings', async () => {
  const { url } = await start()
  assert.equal((await fetch(`${url}/health`)).status, 200)
  assert.deepEqual(asArray((await jsonOf(await fetch(`${url}/v1/models`)))['data']).length, 1)
  assert.equal((await jsonOf(await fetch(`${url}/v1/models/a/b`)))['id'], 'a/b')
  assert.deepEqual((await jsonOf(await fetch(`${url}/v1beta/models/x`)))['name'], 'models/x')
  const body = JSON.stringify({ input: ['a', 'b'], model: 'e', dimensions: 3 })
  const embeddings = asArray((await jsonOf(await fetch(`${url}/v1/embeddings`, { method: 'POST', body })))['data']).map(asObject)
  assert.deepEqual(
    embeddings.map(({ embedding }) => asArray(embedding).length),
    [3, 3],
  )
  assert.notDeepEqual(embeddings[0]?.['embedding'], embeddings[1]?.['embedding'])
})

const refusals: readonly { name: string; provider?: Partial<MockProviderOptions>; body: JsonObject; status: number }[] = [
  { name: 'a body that makes no request', body: { model: 1 }, status: 400 },
  { name: 'a model it does not have', provider: { models: ['other'] }, body: {}, status: 404 },
  { name: 'a key it does not know', provider: { keys: ['k'] }, body: {}, status: 401 },
]

for (const { name, provider, body, status } of refusals) {
  test(`mock: refuses ${name}`, async () => {
    const { url, mock } = await start('faults: [{kind: reset}]', provider)
    assert.equal((await ask(url, body)).status, status)
    assert.deepEqual(mock.fired(), [0], 'no fault is spent on it')
  })
}

test('mock: has nothing elsewhere', async () => {
  const { url } = await start()
  assert.equal((await fetch(`${url}/nowhere`)).status, 404)
})

test('mock: takes a key it knows, wherever it stands', async () => {
  const { url } = await start('', { keys: ['k'] })
  assert.equal((await ask(url, {}, { authorization: 'Bearer k' })).status, 200)
  assert.equal((await ask(url, {}, { 'x-api-key': 'k' })).status, 200)
})

test('mock: a rate limit tells how long to wait', async () => {
  const { url } = await start('faults: [{kind: rate_limit, retry_after: 1500ms}]')
  const response = await ask(url)
  assert.equal(response.status, 429)
  assert.equal(response.headers.get('retry-after'), '2')
  assert.equal(response.headers.get('retry-after-ms'), '1500')
})

test('mock: a reset breaks the connection before any header', async () => {
  const { url, mock } = await start('faults: [{kind: reset}]')
  assert.equal(await codeOf(ask(url)), 'ECONNRESET')
  assert.deepEqual(mock.stats().faults, { reset: 1 })
  assert.equal(mock.stats().cancelled, 0)
})

test('mock: refused closes the port, and opens it again', async () => {
  const { url } = await start('faults: [{kind: refused, for: 40ms, times: 1}]')
  assert.equal(await codeOf(ask(url)), 'UND_ERR_SOCKET')
  assert.equal(await codeOf(ask(url)), 'ECONNREFUSED')
  let status = 0
  for (let attempt = 0; attempt < 100 && status === 0; attempt++)
    status = await ask(url).then(
      (response) => response.status,
      () => 0,
    )
  assert.equal(status, 200)
})

for (const kind of ['cut', 'reset_mid_stream']) {
  test(`mock: ${kind} lets the first frames through and then breaks`, async () => {
    const { url, mock } = await start(`faults: [{kind: ${kind}, after: 1}]`)
    const response = await ask(url, { stream: true })
    const reader = response.body?.getReader()
    const first = await reader?.read()
    assert.equal(Buffer.from(first?.value ?? []).toString(), 'data: {"open":true}\n\ndata: {"text":"Hello"}\n\n')
    await assert.rejects(async () => reader?.read())
    assert.equal(mock.stats().cancelled, 0)
  })
}

test('mock: notices a caller that leaves', async () => {
  const { url, mock } = await start('faults: [{kind: silent, after: 1}]')
  const leaving = new AbortController()
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', stream: true }),
    signal: leaving.signal,
  })
  await response.body?.getReader().read()
  leaving.abort()
  for (let turn = 0; turn < 1000 && mock.stats().cancelled === 0; turn++) await new Promise(setImmediate)
  assert.equal(mock.stats().cancelled, 1)
})

test('mock: close ends what hangs, at once', async () => {
  const { url, mock } = await start('faults: [{kind: silent_before}]')
  const hanging = codeOf(ask(url))
  while (mock.stats().requests === 0) await new Promise(setImmediate)
  const before = performance.now()
  await mock.close()
  assert.ok(performance.now() - before < 100)
  assert.equal(await hanging, 'UND_ERR_SOCKET')
})

test('mock: faults are changed in code and over HTTP', async () => {
  const { url, mock } = await start()
  mock.setFaults(planOf('faults: [{kind: error, status: 503}]'))
  assert.equal((await ask(url)).status, 503)
  const put = (body: string): Promise<Response> => fetch(`${url}/__mock/faults`, { method: 'PUT', body })
  assert.equal((await put('faults:\n  - kind: auth\n')).status, 200)
  assert.equal((await ask(url)).status, 401)
  const refused = await put('faults: [{kind: boom}]')
  assert.equal(refused.status, 400)
  assert.match(String(asArray((await jsonOf(refused))['problems'])[0]), /there is no kind "boom"/)
  assert.equal((await ask(url)).status, 401, 'the plan before stays')
})

test('mock: tells what arrived, without keys, and forgets it when told to', async () => {
  const { url, mock } = await start('faults: [{kind: auth, when: {request: 2}}]')
  await ask(url, {}, { authorization: 'Bearer secret' })
  await ask(url)
  assert.equal(mock.calls()[0]?.headers['authorization'], 'Bearer secret')
  const stats = await jsonOf(await fetch(`${url}/__mock/stats`))
  assert.deepEqual(
    { requests: stats['requests'], paths: stats['paths'], faults: stats['faults'], fired: stats['fired'] },
    { requests: 2, paths: { 'POST /v1/chat/completions': 2 }, faults: { auth: 1 }, fired: [1] },
  )
  const call = asObject(asArray(stats['calls'])[0])
  assert.equal(asObject(call['headers'])['authorization'], '***')
  assert.deepEqual(call['body'], { model: 'm', prompt: 'hi' })
  await fetch(`${url}/__mock/reset`, { method: 'POST' })
  assert.equal(mock.stats().requests, 0)
  assert.deepEqual([(await ask(url)).status, (await ask(url)).status], [200, 401], 'the plan begins again')
})

test('mock: plays several providers, each on its own port', async () => {
  const dialects = [fakeDialect]
  const mock = await createMock({
    providers: [
      { name: 'a', dialects },
      { name: 'b', dialects },
    ],
    plan: planOf('faults: [{kind: error, when: {provider: b}}]'),
  })
  open.push(mock)
  const statuses = await Promise.all(mock.providers.map(({ url }) => ask(url).then(({ status }) => status)))
  assert.deepEqual(statuses, [200, 500])
  assert.deepEqual(mock.stats().providers, { a: 1, b: 1 })
})

test('mock: an address that is taken or wrong breaks the promise', async () => {
  const { url } = await start()
  const providers = (listen: string): { providers: MockProviderOptions[] } => ({
    providers: [{ name: 'x', dialects: [fakeDialect], listen }],
  })
  await assert.rejects(createMock(providers(new URL(url).host)), /the mock cannot listen: .*EADDRINUSE/)
  await assert.rejects(createMock(providers('nowhere')), /the mock cannot listen on nowhere/)
})
