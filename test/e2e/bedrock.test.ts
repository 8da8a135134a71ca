import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import OpenAI from 'openai'
import { asObject } from '#lib/json.ts'
import { clientsOf, conversations } from '../support/conversations.ts'
import { converse, eventOf, exceptionOf, signatureProblem, streamOf } from '../support/converse-vendor.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { type Arrived, startVendor, type VendorAnswer, type VendorServer } from '../support/vendor-server.ts'

const own = { accessKeyId: 'AKIAOWN', secretAccessKey: 'own/secret+key', sessionToken: 'own-session' }
const machine = { accessKeyId: 'AKIAMACHINE', secretAccessKey: 'machine-secret' }
const hello = [{ role: 'user' as const, content: 'Hello' }]

let vendor: VendorServer
let relay: RelayProcess

before(async () => {
  vendor = await startVendor(answer)
  const place = `region: eu-central-1, base_url: "${vendor.url}"`
  relay = await startRelay(
    `version: 1
providers:
  bedrock: { ${place}, access_key_id: ${own.accessKeyId}, secret_access_key: "\${SECRET}", session_token: ${own.sessionToken} }
  machine: { type: bedrock, ${place} }
  wrong: { type: bedrock, ${place}, access_key_id: AKIAWRONG, secret_access_key: x }
  bearer: { type: bedrock, ${place}, api_key: bedrock-api-key }
models:
  backed: { targets: [bedrock/throttled, bearer/amazon.nova-lite-v1:0] }
  broken: { targets: [bedrock/broken, bearer/amazon.nova-lite-v1:0] }
  refused: { targets: [wrong/amazon.nova-lite-v1:0, bearer/amazon.nova-lite-v1:0] }
retry: { backoff: { base: 1ms } }
health: { probe: off }
log: { level: warn }
`,
    {
      env: {
        SECRET: own.secretAccessKey,
        AWS_ACCESS_KEY_ID: machine.accessKeyId,
        AWS_SECRET_ACCESS_KEY: machine.secretAccessKey,
        AWS_SESSION_TOKEN: '',
        AWS_BEARER_TOKEN_BEDROCK: '',
      },
    },
  )
})
after(async () => {
  await relay?.stop()
  await vendor?.close()
})

/** Bedrock: looks at the signature, then answers as the model would. */
async function answer(request: Arrived): Promise<VendorAnswer> {
  const { authorization = '' } = request.headers
  const keys = authorization.includes(machine.accessKeyId) ? machine : own
  const problem = authorization === 'Bearer bedrock-api-key' ? undefined : await signatureProblem(request, keys, 'eu-central-1')
  if (problem !== undefined) return refusal(403, 'InvalidSignatureException', problem)
  if (request.path.includes('/model/throttled/')) return refusal(429, 'ThrottlingException', 'Too many requests, please wait.')
  if (!request.path.includes('/model/broken/')) return converse(request)
  return streamOf([
    eventOf('messageStart', { role: 'assistant' }),
    exceptionOf('modelStreamErrorException', { message: 'The model broke.', originalStatusCode: 500 }),
  ])
}

function refusal(status: number, type: string, message: string): VendorAnswer {
  const headers = { 'content-type': 'application/json', 'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/` }
  return { status, headers, body: JSON.stringify({ message }) }
}

for (const model of ['bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 'bearer/amazon.nova-lite-v1:0']) {
  for (const [sdk, converseThrough] of conversations) {
    for (const stream of [false, true]) {
      test(`${sdk} SDK, ${stream ? 'streamed' : 'whole'}, to ${model}: a tool is called and its result is told`, async () => {
        const { called, text } = await converseThrough(clientsOf(relay.url), model, stream)
        assert.equal(called, 'get_weather')
        assert.match(text, /rain, 7 degrees/)
      })
    }
  }
}

test('the address names the model, the signature covers it, and the session token goes along', async () => {
  const { openai } = clientsOf(relay.url)
  const arn = 'arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0'
  await openai.chat.completions.create({ model: `bedrock/${arn}`, messages: [{ role: 'user', content: 'Grüße 🌍' }] })
  const seen = vendor.arrived().at(-1)
  assert.equal(seen?.path, `/model/${encodeURIComponent(arn)}/converse`)
  assert.equal(seen?.headers['x-amz-security-token'], own.sessionToken)
  assert.deepEqual(seen?.body, { messages: [{ role: 'user', content: [{ text: 'Grüße 🌍' }] }] })
})

test('streams are asked for as event streams', async () => {
  const { openai } = clientsOf(relay.url)
  const stream = openai.chat.completions.stream({ model: 'bearer/amazon.nova-lite-v1:0', messages: hello })
  assert.equal((await stream.finalChatCompletion()).choices[0]?.message.content, 'Hello there.')
  const seen = vendor.arrived().at(-1)
  assert.equal(seen?.path, '/model/amazon.nova-lite-v1%3A0/converse-stream')
  assert.match(seen?.headers.accept ?? '', /^application\/vnd\.amazon\.eventstream/)
})

test('without keys the environment’s are used', async () => {
  const { openai } = clientsOf(relay.url)
  await openai.chat.completions.create({ model: 'machine/amazon.nova-lite-v1:0', messages: hello })
  assert.match(vendor.arrived().at(-1)?.headers.authorization ?? '', /Credential=AKIAMACHINE\//)
})

test('tokens read from a cache are part of the prompt', async () => {
  const { openai, anthropic } = clientsOf(relay.url)
  const model = 'bearer/amazon.nova-lite-v1:0'
  const { usage } = await openai.chat.completions.create({ model, messages: hello })
  assert.equal(usage?.prompt_tokens, 130)
  assert.equal(usage?.prompt_tokens_details?.cached_tokens, 30)
  const message = await anthropic.messages.create({ model, max_tokens: 10, messages: hello })
  assert.deepEqual(
    [message.usage.input_tokens, message.usage.cache_read_input_tokens, message.usage.output_tokens],
    [100, 30, 20],
  )
})

for (const [model, outcome] of [
  ['backed', 'a limit'],
  ['broken', 'an exception at the beginning of a stream'],
  ['refused', 'a signature that is refused'],
]) {
  test(`${outcome} moves the request on unseen`, async () => {
    const { openai } = clientsOf(relay.url)
    const params = { model: model ?? '', messages: hello, stream: true } as const
    const { data, response } = await openai.chat.completions.create(params).withResponse()
    let text = ''
    for await (const chunk of data) text += chunk.choices[0]?.delta.content ?? ''
    assert.equal(text, 'Hello there.')
    assert.equal(response.headers.get('x-outrigger-target'), 'bearer/amazon.nova-lite-v1:0')
  })
}

test('what the provider says of a fault reaches the client in its own shape, and no secret does', async () => {
  const { openai } = clientsOf(relay.url)
  await assert.rejects(openai.chat.completions.create({ model: 'bedrock/throttled', messages: hello }), (error) => {
    assert.ok(error instanceof OpenAI.RateLimitError)
    assert.match(error.message, /Too many requests/)
    return true
  })
  const config = await (await fetch(`${relay.adminUrl}/config`)).text()
  for (const place of [config, relay.log()]) assert.doesNotMatch(place, /own\/secret|own-session|machine-secret|bedrock-api-key/)
  assert.equal(asObject(asObject(asObject(JSON.parse(config))['providers'])['bedrock'])['region'], 'eu-central-1')
})
