import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '#lib/json.ts'
import { tellsWhatIsInOneGo } from '../support/in-one-go.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { startVendor, type VendorServer } from '../support/vendor-server.ts'

const chatAnswer = {
  id: 'c',
  object: 'chat.completion',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1 },
}
const claudeAnswer = {
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'ok' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 1, output_tokens: 1 },
}

const embeddings = (count: number): string =>
  JSON.stringify({
    object: 'list',
    data: Array.from({ length: count }, (_, index) => ({ object: 'embedding', index, embedding: [0.5] })),
  })

let vendor: VendorServer
let relay: RelayProcess

before(async () => {
  vendor = await startVendor(({ path, body }) => {
    if (body['model'] === 'broken') return { status: 503, body: '{}' }
    if (path.endsWith('/moderations')) return { body: '{"results":[]}' }
    if (path.endsWith('/embeddings')) return { body: embeddings(asArray(body['input']).length) }
    return { body: JSON.stringify(path.endsWith('/messages') ? claudeAnswer : chatAnswer) }
  })
  const chat = `type: openai-compatible, api_key: k, base_url: "${vendor.url}/v1"`
  relay = await startRelay(
    `version: 1
providers:
  chat: { ${chat} }
  cheap: { ${chat} }
  claude: { type: anthropic, api_key: k, base_url: "${vendor.url}" }
models:
  same: { targets: [chat/m], cache: false }
  second: { targets: [chat/broken, chat/m], cache: false }
  other: { targets: [{ target: claude/m, context: 100000000 }] }
  cheapest: { strategy: cost, targets: [chat/m, cheap/m] }
health: { probe: off }
retry: { backoff: { base: 1ms } }
cache: { ttl: 1m, max_size: 64KiB }
`,
    { env: tellsWhatIsInOneGo },
  )
})
after(async () => {
  await relay?.stop()
  await vendor?.close()
})

const turn = (text: string, at: number) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content: text })
const conversation = (text: string, count: number) => Array.from({ length: count }, (_, at) => turn(text, at))

const conversations: Readonly<Record<string, readonly JsonObject[]>> = {
  'a picture': [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is on it?' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${'iVBORw0KGgo'.repeat(300_000)}` } },
      ],
    },
  ],
  'one long text with escapes': [turn('\tif (a === "b") {\n\t\treturn `x`\\n\n\t}\n'.repeat(60_000), 0)],
  'a long conversation in many scripts': conversation('Früher gesagt: “so” 你好 😀. '.repeat(30), 2999),
  'very many small messages': conversation('Yes.', 60_001),
}

async function ask(model: string, messages: readonly object[]): Promise<number> {
  const body = JSON.stringify({ model, messages })
  const response = await fetch(`${relay.url}/v1/chat/completions`, { method: 'POST', body })
  await response.arrayBuffer()
  return response.status
}

for (const [name, messages] of Object.entries(conversations)) {
  test(`${name}: it reaches a provider of the same dialect as it was`, async () => {
    for (const model of ['same', 'second', 'cheapest']) {
      assert.equal(await ask(model, messages), 200)
      const arrived = vendor.arrived().at(-1)
      assert.equal(arrived?.text, JSON.stringify({ model: 'm', messages }))
      assert.equal(arrived?.headers['content-length'], String(Buffer.byteLength(arrived?.text ?? '')))
    }
  })

  test(`${name}: it is translated whole`, async () => {
    assert.equal(await ask('other', messages), 200)
    const arrived = asArray(vendor.arrived().at(-1)?.body['messages']).map(asObject)
    assert.deepEqual(arrived.map(contentOf), messages.map(contentOf))
  })
}

/** Texts and pictures of a message, in either dialect. */
function contentOf({ content }: JsonObject): readonly unknown[] {
  if (typeof content === 'string') return [content]
  return asArray(content)
    .map(asObject)
    .map((part) => {
      const url = asString(asObject(part['image_url'])['url'])
      return part['text'] ?? asObject(part['source'])['data'] ?? url?.slice(url.indexOf(',') + 1)
    })
}

test('texts for embeddings and what is relayed untranslated reach the provider as they were', async () => {
  const input = Array.from({ length: 2000 }, (_, at) => `Früher gesagt ${at}: “so”. `.repeat(40))
  for (const path of ['/v1/embeddings', '/v1/moderations']) {
    const response = await fetch(`${relay.url}${path}`, { method: 'POST', body: JSON.stringify({ model: 'same', input }) })
    assert.equal(response.status, 200, await response.text())
    assert.equal(vendor.arrived().at(-1)?.text, JSON.stringify({ model: 'm', input }))
  }
})

test('a form, and what is sent to one provider as it is, arrive as they were', async () => {
  const body = `--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nm\r\n--b\r\ncontent-disposition: form-data; name="file"\r\n\r\n${'sound'.repeat(400_000)}\r\n--b--\r\n`
  for (const path of ['/v1/audio/transcriptions', '/providers/chat/anything']) {
    const headers = { 'content-type': 'multipart/form-data; boundary=b' }
    const response = await fetch(`${relay.url}${path}`, { method: 'POST', headers, body: body.replace('\nm\r', '\nchat/m\r') })
    assert.equal(response.status, 200, await response.text())
    const arrived = vendor.arrived().at(-1)
    assert.equal(arrived?.text.replace('\nchat/m\r', '\nm\r'), body)
    assert.equal(arrived?.headers['content-length'], String(arrived?.text.length))
  }
})

test('no step of it reads or writes all of it in one go', () => {
  assert.doesNotMatch(relay.log(), /in one go/)
})

test('what is no JSON is refused, in the words of who reads all of it once more', async () => {
  const body = `${JSON.stringify({ model: 'same', messages: conversations['one long text with escapes'] }).slice(0, -1)},}`
  const response = await fetch(`${relay.url}/v1/chat/completions`, { method: 'POST', body })
  assert.equal(response.status, 400)
  assert.match(await response.text(), /is not valid JSON: Expected double-quoted property name in JSON at position \d+/)
  await relay.logged(/in one go: parse/)
})

test('a caller who goes away ends the work: nobody is asked', async () => {
  const before = vendor.arrived().length
  const body = JSON.stringify({ model: 'same', messages: conversations['one long text with escapes'] })
  const asked = request(`${relay.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-length': Buffer.byteLength(body) },
  })
  asked.on('error', () => {})
  asked.end(body)
  await once(asked, 'finish')
  asked.destroy()
  assert.equal(await ask('same', [turn('Hello', 0)]), 200)
  assert.equal(await ask('same', [turn('Hello', 0)]), 200)
  assert.equal(vendor.arrived().length, before + 2)
})
