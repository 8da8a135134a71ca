import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { asArray, asObject } from '#lib/json.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { type Arrived, startVendor, type VendorAnswer, type VendorServer } from '../support/vendor-server.ts'

const words = ['capital', 'france', 'spain', 'weather', 'paris', 'please', 'tell']

let vendor: VendorServer
let relay: RelayProcess
let openai: OpenAI
let embeddings: 'work' | 'fail' | 'hang' = 'work'

/** A vendor whose vectors count a few words. */
async function answer({ path, body }: Arrived): Promise<VendorAnswer> {
  if (!path.endsWith('/embeddings')) return { body: JSON.stringify(chatAnswer(`answer ${chats().length}`)) }
  if (embeddings === 'fail') return { status: 500, body: '{"error":{"message":"no vectors today"}}' }
  if (embeddings === 'hang') await new Promise((resolve) => setTimeout(resolve, 1500).unref())
  const text = String(asArray(body['input'])[0]).toLowerCase()
  const embedding = words.map((word) => (text.includes(word) ? (word === 'please' || word === 'tell' ? 0.2 : 1) : 0))
  return {
    body: JSON.stringify({
      object: 'list',
      model: 'words',
      data: [{ object: 'embedding', index: 0, embedding }],
      usage: { prompt_tokens: 8, total_tokens: 8 },
    }),
  }
}

function chatAnswer(content: string): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'chatty',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
  }
}

const chats = (): readonly Arrived[] => vendor.arrived().filter(({ path }) => path.endsWith('/chat/completions'))

before(async () => {
  vendor = await startVendor(answer)
  relay = await startRelay(`version: 1
providers: { local: { type: openai-compatible, base_url: "${vendor.url}/v1" } }
models:
  chatty: { targets: [local/chatty] }
  words: { targets: [{ target: local/words, price: { input: 1000, output: 0 } }] }
cache: { ttl: 1m, semantic: { model: words, threshold: 0.95, timeout: 500ms } }
`)
  openai = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: 'none', maxRetries: 0 })
})
after(async () => {
  await relay?.stop()
  await vendor?.close()
})

type Heard = { readonly text: string; readonly cache: string | null; readonly similarity: string | null }

async function ask(content: string, more: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {}): Promise<Heard> {
  const { data, response } = await openai.chat.completions
    .create({ model: 'chatty', messages: [{ role: 'user', content }], max_tokens: 100, ...more })
    .withResponse()
  return {
    text: data.choices[0]?.message.content ?? '',
    cache: response.headers.get('x-outrigger-cache'),
    similarity: response.headers.get('x-outrigger-cache-similarity'),
  }
}

const metrics = async (): Promise<string> => await (await fetch(`${relay.adminUrl}/metrics`)).text()

test('a question that means the same is answered from the cache in every dialect, whole and streamed, and marked', async () => {
  const first = await ask('What is the capital of France?')
  assert.deepEqual([first.cache, first.similarity], ['miss', null])
  const near = await ask('Please tell: the capital of France?')
  assert.equal(near.text, first.text)
  assert.equal(near.cache, 'hit')
  assert.ok(Number(near.similarity) > 0.95 && Number(near.similarity) < 1, String(near.similarity))
  const before = chats().length
  const anthropic = new Anthropic({ baseURL: relay.url, apiKey: 'none', maxRetries: 0 })
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Tell me the capital of France.' }]
  assert.equal(await anthropic.messages.stream({ model: 'chatty', max_tokens: 100, messages }).finalText(), first.text)
  const gemini = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: relay.url } })
  const asked = { model: 'chatty', contents: 'France: its capital, please', config: { maxOutputTokens: 100 } }
  assert.equal((await gemini.models.generateContent(asked)).text, first.text)
  assert.equal(chats().length, before)
})

test('another question, another temperature and a tool are asked', async () => {
  await ask('What is the capital of Spain?')
  assert.equal((await ask('The capital of Spain, please', { temperature: 1 })).cache, 'miss')
  const tool: OpenAI.ChatCompletionTool = { type: 'function', function: { name: 'look_up' } }
  const { response } = await openai.chat.completions
    .create({ model: 'chatty', messages: [{ role: 'user', content: 'Spain, capital' }], max_tokens: 100, tools: [tool] })
    .withResponse()
  assert.equal(response.headers.get('x-outrigger-cache'), 'miss')
  assert.equal((await ask('What is the weather in Spain?')).cache, 'miss')
})

for (const fault of ['fail', 'hang'] as const) {
  test(`embeddings that ${fault} do not fail the request, nor hold it up for long`, async () => {
    embeddings = fault
    const startedMs = performance.now()
    const heard = await ask(`Paris, please: ${fault}`)
    embeddings = 'work'
    assert.equal(heard.cache, 'miss')
    assert.ok(performance.now() - startedMs < 1400, 'it waited for the vector')
    assert.equal((await ask(`Paris, please: ${fault}`)).cache, 'hit')
  })
}

test('hits are counted as semantic, and vectors with their cost; the log tells both', async () => {
  const text = await metrics()
  assert.match(text, /outrigger_cache_requests_total\{result="semantic"\} 3/)
  assert.match(text, /outrigger_cache_embeddings_total\{outcome="ok"\} \d+/)
  assert.match(text, /outrigger_cache_embeddings_total\{outcome="failed"\} [12]/)
  assert.match(text, /outrigger_cost_usd_total\{route="words",target="local\/words"\} 0\.0\d+/)
  assert.match(text, /outrigger_cache_bytes\{kind="vectors"\} [1-9]\d*/)
  await relay.logged(/"cache":"semantic","cache_similarity":0\.9\d+/)
  await relay.logged(/"cost_usd":0\.008[^\n]*"cache embedding finished"/)
  const status = asObject(await (await fetch(`${relay.adminUrl}/status`)).json())
  assert.equal(asObject(asObject(status['cache'])['semantic'])['vectors'], 'memory')
})
