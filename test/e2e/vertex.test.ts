import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { jwtVerify } from 'jose'
import { dialects } from '#dialect/registry.ts'
import type { Mock } from '#mock/mock.ts'
import { startMocks } from '#mock/start-mocks.ts'
import { clientsOf, conversations } from '../support/conversations.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { type Arrived, startVendor, type VendorAnswer, type VendorServer } from '../support/vendor-server.ts'

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const folder = mkdtempSync(join(tmpdir(), 'vertex-'))
const root = '/v1/projects/my-project/locations/europe-west4/publishers'

let mock: Mock
let vendor: VendorServer
let relay: RelayProcess
let tokens = 0

before(async () => {
  mock = await startMocks(dialects)
  vendor = await startVendor(answer)
  const account = {
    type: 'service_account',
    project_id: 'my-project',
    private_key_id: 'k1',
    private_key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: 'relay@my-project.iam.gserviceaccount.com',
    token_uri: `${vendor.url}/token`,
  }
  writeFileSync(join(folder, 'account.json'), JSON.stringify(account, undefined, 2))
  writeFileSync(join(folder, 'refused.json'), JSON.stringify({ ...account, client_email: 'nobody@x' }, undefined, 2))
  const place = `location: europe-west4, base_url: "${vendor.url}"`
  relay = await startRelay(
    `version: 1
providers:
  vertex: { api_key: "\${file:${folder}/account.json}", ${place} }
  refused: { type: vertex, api_key: "\${file:${folder}/refused.json}", ${place} }
  machine: { type: vertex, project: my-project, ${place} }
  token: { type: vertex, api_key: ya29.of-gcloud, project: my-project, ${place} }
  express: { type: vertex, api_key: AQ.express-key, base_url: "${vendor.url}" }
  gemini: { api_key: k, base_url: "${vendor.url}" }
models:
  backed: { targets: [refused/gemini-3.7-flash, token/gemini-3.7-flash] }
health: { probe: off }
log: { level: warn }
`,
    { env: { GCE_METADATA_HOST: new URL(vendor.url).host, HOME: folder, GOOGLE_APPLICATION_CREDENTIALS: '' } },
  )
})
after(async () => {
  await relay?.stop()
  await vendor?.close()
  await mock?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Google: its token server, its metadata server, and models that are the mock's behind Vertex's addresses. */
async function answer(request: Arrived): Promise<VendorAnswer> {
  const { path, text } = request
  if (path === '/token') return await giveToken(new URLSearchParams(text).get('assertion') ?? '')
  if (path.startsWith('/computeMetadata/')) return metadata(path)
  if (path.includes('gemini-3-signed')) return { body: JSON.stringify(signedAnswer) }
  const gemini = /^\/v1\/(?:projects\/my-project\/locations\/europe-west4\/)?publishers\/google\/(models\/.*)$/.exec(path)?.[1]
  if (gemini !== undefined) return await fromMock('gemini', `/v1beta/${gemini}`, request)
  const claude = /^\/v1\/projects\/my-project\/locations\/europe-west4\/publishers\/anthropic\/models\/(.*):/.exec(path)?.[1]
  if (claude === 'count-tokens') return { body: '{"input_tokens":42}' }
  if (claude === undefined) return { status: 404, body: '{"error":{"code":404,"status":"NOT_FOUND"}}' }
  if ('model' in request.body) return { status: 400, body: '{"error":{"code":400,"message":"model: Extra inputs"}}' }
  return await fromMock('anthropic', '/v1/messages', { ...request, body: { ...request.body, model: claude } })
}

const signedAnswer = {
  candidates: [
    {
      content: { role: 'model', parts: [{ functionCall: { name: 'f', args: {} }, thoughtSignature: 'QUFB' }] },
      finishReason: 'STOP',
    },
  ],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4, totalTokenCount: 7 },
}

async function giveToken(assertion: string): Promise<VendorAnswer> {
  const { payload } = await jwtVerify(assertion, keys.publicKey, { audience: 'https://oauth2.googleapis.com/token' })
  if (payload.iss !== 'relay@my-project.iam.gserviceaccount.com')
    return { status: 400, body: '{"error":"invalid_grant","error_description":"Invalid grant: account not found"}' }
  assert.match(String(payload['scope']), /cloud-platform/)
  tokens++
  return { body: JSON.stringify({ access_token: `of-account-${tokens}`, expires_in: 3600, token_type: 'Bearer' }) }
}

function metadata(path: string): VendorAnswer {
  const headers = { 'metadata-flavor': 'Google', 'content-type': 'application/json' }
  if (path.includes('/service-accounts/default/token'))
    return { headers, body: '{"access_token":"of-machine","expires_in":3600,"token_type":"Bearer"}' }
  return { headers, body: path.includes('universe') ? 'googleapis.com' : '{}' }
}

async function fromMock(name: string, path: string, { body }: Pick<Arrived, 'body'>): Promise<VendorAnswer> {
  const url = mock.providers.find((provider) => provider.name === name)?.url
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-key': 'mock',
      'x-goog-api-key': 'mock',
      'anthropic-version': '2023-06-01',
    },
    body: JSON.stringify(body),
  })
  const contentType = response.headers.get('content-type') ?? ''
  return { status: response.status, headers: { 'content-type': contentType }, body: await response.text() }
}

/** What arrived at a model, last. */
function lastCall(): Arrived {
  const call = vendor.arrived().findLast(({ path }) => path.includes('/publishers/'))
  assert.ok(call)
  return call
}

for (const model of ['vertex/gemini-3.7-flash', 'vertex/claude-opus-4-5@20251101']) {
  for (const [sdk, converse] of conversations) {
    for (const stream of [false, true]) {
      test(`${sdk} SDK, ${stream ? 'streamed' : 'whole'}, to ${model}: a tool is called and its result is told`, async () => {
        const { called, text } = await converse(clientsOf(relay.url), model, stream)
        assert.equal(called, 'get_weather')
        assert.match(text, /rain, 7 degrees/)
        assert.equal(lastCall().headers.authorization, 'Bearer of-account-1')
      })
    }
  }
}

test('one token serves all requests of an account', () => assert.equal(tokens, 1))

const hello = [{ role: 'user' as const, content: 'Hello' }]
const ask = (model: string) => clientsOf(relay.url).openai.chat.completions.create({ model, messages: hello })

test('Gemini has its address below the project, Claude its version in the body', async () => {
  await ask('vertex/gemini-3.7-flash')
  assert.equal(lastCall().path, `${root}/google/models/gemini-3.7-flash:generateContent`)
  const { anthropic } = clientsOf(relay.url)
  const model = 'vertex/claude-opus-4-5@20251101'
  const stream = anthropic.messages.stream(
    { model, max_tokens: 10, messages: hello, service_tier: 'auto' },
    { headers: { 'anthropic-beta': 'interleaved-thinking-2025-05-14' } },
  )
  const { response } = await stream.withResponse()
  await stream.finalMessage()
  const { path, body, headers } = lastCall()
  assert.equal(path, `${root}/anthropic/models/claude-opus-4-5@20251101:streamRawPredict`)
  assert.equal(body['anthropic_version'], 'vertex-2023-10-16')
  assert.equal(body['stream'], true)
  assert.deepEqual(
    ['model', 'service_tier'].filter((field) => field in body),
    [],
  )
  assert.equal(headers['anthropic-beta'], 'interleaved-thinking-2025-05-14')
  assert.equal(response.headers.get('x-outrigger-dropped'), 'service_tier')
})

test('tokens are counted by the model’s own counter', async () => {
  const { anthropic, gemini } = clientsOf(relay.url)
  const counted = await anthropic.messages.countTokens({ model: 'vertex/claude-opus-4-5', messages: hello })
  assert.equal(counted.input_tokens, 42)
  assert.equal(lastCall().path, `${root}/anthropic/models/count-tokens:rawPredict`)
  assert.equal(lastCall().body['model'], 'claude-opus-4-5')
  await gemini.models.countTokens({ model: 'vertex/gemini-3.7-flash', contents: 'Hello' })
  assert.equal(lastCall().path, `${root}/google/models/gemini-3.7-flash:countTokens`)
})

test('without a key the machine’s own credentials are asked', async () => {
  await ask('machine/gemini-3.7-flash')
  assert.equal(lastCall().headers.authorization, 'Bearer of-machine')
})

test('access tokens and API keys go as they are', async () => {
  await ask('token/gemini-3.7-flash')
  assert.equal(lastCall().headers.authorization, 'Bearer ya29.of-gcloud')
  await ask('express/gemini-3.7-flash')
  assert.equal(lastCall().headers['x-goog-api-key'], 'AQ.express-key')
  assert.equal(lastCall().headers.authorization, undefined)
  assert.equal(lastCall().path, '/v1/publishers/google/models/gemini-3.7-flash:generateContent')
})

test('an account that Google refuses moves the request on, and its key rests', async () => {
  const before = vendor.arrived().length
  const { response } = await clientsOf(relay.url)
    .openai.chat.completions.create({ model: 'backed', messages: hello })
    .withResponse()
  assert.equal(response.headers.get('x-outrigger-target'), 'token/gemini-3.7-flash')
  await ask('backed')
  const asked = vendor.arrived().slice(before)
  assert.equal(asked.filter(({ path }) => path === '/token').length, 1)
  assert.doesNotMatch(relay.log(), /PRIVATE KEY|of-account-/)
})

test('signatures of Vertex do not go to the Gemini API, but come back to Vertex', async () => {
  const { gemini } = clientsOf(relay.url)
  const question = { role: 'user', parts: [{ text: 'Which is it?' }] }
  const answer = await gemini.models.generateContent({ model: 'vertex/gemini-3-signed', contents: [question] })
  const content = answer.candidates?.[0]?.content
  assert.ok(content)
  const result = { role: 'user', parts: [{ functionResponse: { name: 'f', response: { output: 'this' } } }] }
  const signatureSent = async (model: string): Promise<string | undefined> => {
    await gemini.models.generateContent({ model, contents: [question, content, result] })
    return /"thoughtSignature":"([^"]*)"/.exec(vendor.arrived().at(-1)?.text ?? '')?.[1]
  }
  assert.equal(await signatureSent('vertex/gemini-3-signed'), 'QUFB')
  assert.equal(await signatureSent('gemini/gemini-3-signed'), 'skip_thought_signature_validator')
})

test('a routing file without a project, or with broken credentials, is told so', () => {
  const file = join(folder, 'broken.yaml')
  writeFileSync(
    file,
    `version: 1\nproviders:\n  vertex: { location: "eu west" }\n  other: { type: vertex, api_key: '{"type":"service_account"}', project: p }\n  openai: { api_key: k, project: p }\nmodels:\n  a: { targets: [vertex/gemini-3.7-flash] }\n`,
  )
  const main = join(import.meta.dirname, '../../cmd/outrigger/main.ts')
  const { stdout, stderr } = spawnSync(process.execPath, [main, 'check', file], { encoding: 'utf8' })
  const told = stdout + stderr
  assert.match(told, /vertex needs `project`/)
  assert.match(told, /eu west is no location/)
  assert.match(told, /the credentials have no `client_email`/)
  assert.match(told, /openai has no project/)
})
