import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

let world: MockRelay

before(async () => {
  world = await startMockRelay(`models:
  smart: { targets: [anthropic/claude-opus-4-5] }
  fresh: { targets: [anthropic/claude-opus-4-5], cache: false }
cache: { ttl: 1m, max_size: 1MiB }
log: { level: warn }
`)
})
after(() => world?.close())

type Heard = { readonly text: string; readonly cache: string | null }

async function ask(content: string, model = 'smart', headers: Record<string, string> = {}): Promise<Heard> {
  const { data, response } = await world.openai.chat.completions
    .create({ model, messages: [{ role: 'user', content }], max_tokens: 100 }, { headers })
    .withResponse()
  return { text: data.choices[0]?.message.content ?? '', cache: response.headers.get('x-outrigger-cache') }
}

const asked = (): number => world.mock.calls().length

test('the same question in another dialect is answered from the cache, whole and streamed', async () => {
  const first = await ask('same?')
  assert.equal(first.cache, 'miss')
  const before = asked()
  assert.deepEqual(await ask('same?'), { ...first, cache: 'hit' })
  const anthropic = new Anthropic({ baseURL: world.relay.url, apiKey: 'none', maxRetries: 0 })
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'same?' }]
  const whole = await anthropic.messages.create({ model: 'smart', max_tokens: 100, messages })
  assert.equal(whole.content[0]?.type === 'text' ? whole.content[0].text : '', first.text)
  assert.equal(await anthropic.messages.stream({ model: 'smart', max_tokens: 100, messages }).finalText(), first.text)
  const gemini = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: world.relay.url } })
  const config = { maxOutputTokens: 100 }
  assert.equal((await gemini.models.generateContent({ model: 'smart', contents: 'same?', config })).text, first.text)
  let streamed = ''
  for await (const chunk of await world.openai.chat.completions.create({
    model: 'smart',
    messages: [{ role: 'user', content: 'same?' }],
    max_tokens: 100,
    stream: true,
  })) {
    streamed += chunk.choices[0]?.delta.content ?? ''
  }
  assert.equal(streamed, first.text)
  assert.equal(asked(), before)
})

test('Responses clients are answered from the cache, too, whole and streamed', async () => {
  const first = await ask('and by responses?')
  const before = asked()
  const request = { model: 'smart', input: 'and by responses?', max_output_tokens: 100, store: false } as const
  assert.equal((await world.openai.responses.create(request)).output_text, first.text)
  let streamed = ''
  for await (const event of await world.openai.responses.create({ ...request, stream: true })) {
    if (event.type === 'response.output_text.delta') streamed += event.delta
  }
  assert.equal(streamed, first.text)
  assert.equal(asked(), before)
})

test('what was streamed is kept, too', async () => {
  const stream = await world.openai.chat.completions.create({
    model: 'smart',
    messages: [{ role: 'user', content: 'streamed first' }],
    max_tokens: 100,
    stream: true,
  })
  for await (const _chunk of stream);
  assert.equal((await ask('streamed first')).cache, 'hit')
})

test('off for a request, off for a model, and another question is another one', async () => {
  await ask('off?')
  assert.equal((await ask('off?', 'smart', { 'x-outrigger-cache': 'off' })).cache, null)
  assert.equal((await ask('off?', 'fresh')).cache, null)
  assert.equal((await ask('off!')).cache, 'miss')
})

test('requests that ask the same at once share one call', async () => {
  world.setFaults([{ kind: 'slow_first_token', delay: '200ms' }])
  const before = asked()
  const heard = await Promise.all(Array.from({ length: 20 }, () => ask('at once')))
  world.setFaults([])
  assert.equal(asked() - before, 1)
  assert.equal(new Set(heard.map(({ text }) => text)).size, 1)
  assert.equal(heard.filter(({ cache }) => cache === 'hit').length, 19)
})

test('when the client of the first goes away, the next one is sent, and answers those behind it', async () => {
  world.setFaults([{ kind: 'slow_first_token', delay: '300ms' }])
  const before = asked()
  const leaving = new AbortController()
  const first = world.openai.chat.completions.create(
    { model: 'smart', messages: [{ role: 'user', content: 'who leaves?' }], max_tokens: 100 },
    { signal: leaving.signal },
  )
  const gone = assert.rejects(first)
  while (asked() === before) await new Promise((resolve) => setTimeout(resolve, 5))
  const others = Promise.all(Array.from({ length: 5 }, () => ask('who leaves?')))
  await new Promise((resolve) => setTimeout(resolve, 50))
  leaving.abort()
  await gone
  const heard = await others
  world.setFaults([])
  assert.equal(asked() - before, 2)
  assert.deepEqual(heard.map(({ cache }) => cache).sort(), ['hit', 'hit', 'hit', 'hit', 'miss'])
})

test('an error is not kept, nor an answer that was cut', async () => {
  world.setFaults([{ kind: 'error', status: 400 }])
  await assert.rejects(ask('not kept'))
  world.setFaults([])
  assert.equal((await ask('not kept')).cache, 'miss')
})

test('hits are counted, and cost nothing', async () => {
  await ask('counted')
  const { response } = await world.openai.chat.completions
    .create({ model: 'smart', messages: [{ role: 'user', content: 'counted' }], max_tokens: 100 })
    .withResponse()
  assert.equal(response.headers.get('x-outrigger-cost-usd'), '0')
  assert.equal(response.headers.get('x-outrigger-attempts'), '0')
  assert.equal(response.headers.get('x-outrigger-target'), 'anthropic/claude-opus-4-5')
  const metrics = await (await fetch(`${world.relay.adminUrl}/metrics`)).text()
  assert.match(metrics, /outrigger_cache_requests_total\{result="hit"\} \d+/)
})
