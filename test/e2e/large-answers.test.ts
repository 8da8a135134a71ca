import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { asArray, asObject, asString, type JsonObject } from '#lib/json.ts'
import { tellsWhatIsInOneGo } from '../support/in-one-go.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { startVendor, type VendorServer } from '../support/vendor-server.ts'

const picture = 'iVBORw0KGgo='.repeat(300_000)
const text = 'Früher gesagt: “so”\n\t你好 😀. '.repeat(60_000)
const vector = (at: number): readonly number[] => Array.from({ length: 800 }, (_, place) => (at * 800 + place) / 1024)
const vectors = Array.from({ length: 300 }, (_, at) => vector(at))

const chat = (message: object) => ({
  id: 'c',
  object: 'chat.completion',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1 },
})

/** What the vendor answers, by the model that it is asked for. */
const answers: Readonly<Record<string, object>> = {
  text: chat({ content: text }),
  picture: chat({ content: 'Here.', images: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } }] }),
  gemini: {
    candidates: [
      {
        content: { role: 'model', parts: [{ text: 'Here.' }, { inlineData: { mimeType: 'image/png', data: picture } }] },
        finishReason: 'STOP',
      },
    ],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
  },
  claude: {
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 1, output_tokens: 1 },
  },
  vectors: { data: vectors.map((embedding, index) => ({ index, embedding })), usage: { prompt_tokens: 1, total_tokens: 1 } },
  images: { created: 1, data: [{ b64_json: picture }] },
}

let vendor: VendorServer
let relay: RelayProcess

before(async () => {
  vendor = await startVendor(({ path }) => {
    const [, name = ''] = path.split('/')
    const body = JSON.stringify(answers[name])
    if (name === 'broken') return { body: `${JSON.stringify(answers['text']).slice(0, -1)},}` }
    const type = { 'content-type': 'application/json' }
    return name === 'packed'
      ? { headers: { ...type, 'content-encoding': 'gzip' }, body: gzipSync(JSON.stringify(answers['text'])) }
      : { headers: type, body }
  })
  const at = (type: string, name: string): string =>
    `  ${name}: { type: ${type}, api_key: k, base_url: "${vendor.url}/${name}" }\n`
  const names = ['text', 'picture', 'vectors', 'images', 'packed', 'broken']
  relay = await startRelay(
    `version: 1
providers:
${names.map((name) => at('openai-compatible', name)).join('')}${at('gemini', 'gemini')}${at('anthropic', 'claude')}
models:
${[...names, 'gemini', 'claude'].map((name) => `  ${name}: { targets: [${name}/m], cache: false }\n`).join('')}
  kept: { targets: [claude/m] }
health: { probe: off }
retry: { attempts: 1 }
cache: { ttl: 1m, max_size: 64MiB }
`,
    { env: tellsWhatIsInOneGo },
  )
})
after(async () => {
  await relay?.stop()
  await vendor?.close()
})

const messages = [{ role: 'user', content: 'Go on.' }]

async function ask(path: string, body: object): Promise<Response> {
  return fetch(`${relay.url}${path}`, { method: 'POST', body: JSON.stringify(body) })
}

async function askJson(path: string, body: object): Promise<JsonObject> {
  const response = await ask(path, body)
  const bytes = Buffer.from(await response.arrayBuffer())
  assert.equal(response.status, 200, bytes.toString('utf8', 0, 1000))
  assert.equal(response.headers.get('content-length'), String(bytes.length))
  return asObject(JSON.parse(bytes.toString('utf8')))
}

const messageIn = (answer: JsonObject): JsonObject => asObject(asObject(asArray(answer['choices'])[0])['message'])
const partsIn = (answer: JsonObject): readonly JsonObject[] =>
  asArray(asObject(asObject(asArray(answer['candidates'])[0])['content'])['parts']).map(asObject)

test('the provider’s bytes reach a client of the same dialect as they are, compressed or not', async () => {
  for (const [model, expected] of [
    ['text', 'text'],
    ['packed', 'text'],
    ['picture', 'picture'],
  ] as const)
    assert.deepEqual(await askJson('/v1/chat/completions', { model, messages }), answers[expected])
  assert.deepEqual(await askJson('/v1/images/generations', { model: 'images', prompt: 'A sea' }), answers['images'])
  const contents = [{ role: 'user', parts: [{ text: 'Paint.' }] }]
  assert.deepEqual(await askJson('/v1beta/models/gemini:generateContent', { contents }), answers['gemini'])
})

test('the log has the bytes of a large answer, all of them', async () => {
  const response = await fetch(`${relay.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'x-request-id': 'large-and-logged' },
    body: JSON.stringify({ model: 'text', messages }),
  })
  const bytes = (await response.arrayBuffer()).byteLength
  const line = (): string | undefined =>
    relay
      .log()
      .split('\n')
      .find((one) => one.includes('"request_id":"large-and-logged"'))
  for (let waits = 0; waits < 200 && line() === undefined; waits++) await sleep(10)
  assert.equal(asObject(JSON.parse(line() ?? '{}'))['bytes_out'], bytes)
})

test('answers are translated whole', async () => {
  const said = await askJson('/v1/messages', { model: 'text', messages, max_tokens: 10 })
  assert.deepEqual(said['content'], [{ type: 'text', text }])
  assert.equal(messageIn(await askJson('/v1/chat/completions', { model: 'claude', messages }))['content'], text)
  const painted = messageIn(await askJson('/v1/chat/completions', { model: 'gemini', messages }))
  assert.equal(painted['content'], 'Here.')
  assert.deepEqual(painted['images'], answerImages())
  const contents = [{ role: 'user', parts: [{ text: 'Paint.' }] }]
  const parts = partsIn(await askJson('/v1beta/models/picture:generateContent', { contents }))
  assert.deepEqual(parts, [{ text: 'Here.' }, { inlineData: { mimeType: 'image/png', data: picture } }])
})

function answerImages(): unknown {
  return messageIn(asObject(answers['picture']))['images']
}

test('vectors: as they came, and as base64', async () => {
  const input = vectors.map((_, at) => `text ${at}`)
  assert.deepEqual(await askJson('/v1/embeddings', { model: 'vectors', input }), answers['vectors'])
  const packed = await askJson('/v1/embeddings', { model: 'vectors', input, encoding_format: 'base64' })
  const read = asArray(packed['data']).map((one) => {
    const bytes = Buffer.from(asString(asObject(one)['embedding']) ?? '', 'base64')
    return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(4 * at))
  })
  assert.deepEqual(read, vectors)
})

test('a client that wants a stream gets one, of many chunks', async () => {
  for (const model of ['text', 'packed', 'claude']) {
    const response = await ask('/v1/chat/completions', { model, messages, stream: true })
    const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: {'))
    const deltas = lines.map((line) => asArray(asObject(JSON.parse(line.slice(6)))['choices']).map(asObject))
    const texts = deltas.flatMap((choices) => choices.map(({ delta }) => asString(asObject(delta)['content']) ?? ''))
    assert.equal(texts.join(''), text)
    assert.ok(texts.length > 10)
  }
})

test('what is kept is given again, whole or as a stream', async () => {
  const asked = vendor.arrived().length
  for (const expected of ['miss', 'hit', 'hit']) {
    const response = await ask('/v1/chat/completions', { model: 'kept', messages })
    assert.equal(response.headers.get('x-outrigger-cache'), expected)
    assert.equal(messageIn(asObject(await response.json()))['content'], text)
  }
  assert.equal(vendor.arrived().length, asked + 1)
  const streamed = await ask('/v1/chat/completions', { model: 'kept', messages, stream: true })
  assert.ok((await streamed.text()).includes('data: [DONE]\n\n'))
})

test('no step of it reads or writes all of it in one go', () => {
  assert.doesNotMatch(relay.log(), /in one go/)
})

test('what is no JSON is the provider’s fault', async () => {
  for (const stream of [false, true]) {
    const response = await ask('/v1/chat/completions', { model: 'broken', messages, stream })
    assert.equal(response.status, 502)
    assert.match(await response.text(), /the answer is not JSON: Expected double-quoted property name/)
  }
})

test('a client that goes away while it reads takes nothing from others', async () => {
  const asked = request(`${relay.url}/v1/chat/completions`, { method: 'POST' })
  asked.on('error', () => {})
  asked.end(JSON.stringify({ model: 'text', messages }))
  const [response] = await once(asked, 'response')
  await once(response, 'data')
  asked.destroy()
  assert.deepEqual(await askJson('/v1/chat/completions', { model: 'text', messages }), answers['text'])
})
