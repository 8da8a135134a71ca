import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { GoogleGenAI } from '@google/genai'
import OpenAI, { toFile } from 'openai'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

let world: MockRelay

before(async () => {
  world = await startMockRelay(`models:
  vectors: { targets: [openai/text-embedding-3-small] }
  gemini-vectors: { targets: [gemini/gemini-embedding-001] }
  mixed: { targets: [anthropic/claude-opus-5-5, openai/text-embedding-3-small] }
  two: { targets: [openai/text-embedding-3-small, gemini/gemini-embedding-001] }
  pictures: { targets: [anthropic/claude-opus-5-5, openai/gpt-image-2] }
  voice: { targets: [openai/whisper-1] }
log: { level: warn }
`)
})
after(() => world?.close())

test('OpenAI clients get vectors from both families, as floats and as base64', async () => {
  for (const model of ['vectors', 'gemini-vectors']) {
    const viaBase64 = await world.openai.embeddings.create({ model, input: ['one', 'two'] })
    const asFloats = await world.openai.embeddings.create({ model, input: ['one', 'two'], encoding_format: 'float' })
    assert.equal(viaBase64.data.length, 2)
    assert.deepEqual(
      viaBase64.data.map(({ embedding }) => embedding.map((value) => Math.fround(value))),
      asFloats.data.map(({ embedding }) => embedding.map((value) => Math.fround(value))),
    )
    assert.ok(asFloats.usage.prompt_tokens > 0)
  }
})

test('Gemini clients get vectors from both families', async () => {
  const client = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: world.relay.url } })
  for (const model of ['vectors', 'gemini-vectors']) {
    const { embeddings } = await client.models.embedContent({
      model,
      contents: ['one', 'two'],
      config: { outputDimensionality: 8 },
    })
    assert.deepEqual(
      embeddings?.map(({ values }) => values?.length),
      [8, 8],
      model,
    )
  }
})

test('a provider without embeddings is passed over; another model never takes over', async () => {
  const { data, response } = await world.openai.embeddings.create({ model: 'mixed', input: 'one' }).withResponse()
  assert.equal(data.data.length, 1)
  assert.equal(response.headers.get('x-outrigger-target'), 'openai/text-embedding-3-small')
  assert.match(response.headers.get('x-outrigger-cost-usd') ?? '', /^0\.0+\d+$/)
  world.setFaults([{ kind: 'error', status: 503, when: { operation: 'embeddings' } }])
  const askedOfGemini = (): number => world.mock.calls().filter((call) => call.path.includes('gemini-embedding')).length
  const before = askedOfGemini()
  await assert.rejects(world.openai.embeddings.create({ model: 'two', input: 'one' }), OpenAI.InternalServerError)
  assert.equal(askedOfGemini(), before)
  world.setFaults([])
})

test('tokens instead of text are refused where nobody can read them', async () => {
  await assert.rejects(world.openai.embeddings.create({ model: 'gemini-vectors', input: [1, 2, 3] }), OpenAI.BadRequestError)
})

test('images, audio, moderations and reranking go to the first target that has them, the form as it came', async () => {
  const picture = await world.openai.images.generate({ model: 'pictures', prompt: 'a boat' })
  assert.ok(picture)
  assert.equal(world.mock.calls().at(-1)?.path, '/v1/images/generations')
  assert.match(JSON.stringify(world.mock.calls().at(-1)), /gpt-image-2/)
  await world.openai.audio.transcriptions.create({ model: 'voice', file: await toFile(Buffer.alloc(70_000, 7), 'a.wav') })
  const call = world.mock.calls().at(-1)
  assert.equal(call?.path, '/v1/audio/transcriptions')
  const rerank = await fetch(`${world.relay.url}/v1/rerank`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'openai/rerank-3', query: 'boat', documents: ['a', 'b'] }),
  })
  assert.equal(rerank.status, 200, await rerank.text())
  const nameless = await fetch(`${world.relay.url}/v1/images/generations`, { method: 'POST', body: '{"prompt":"a"}' })
  assert.equal(nameless.status, 400)
  assert.match(await nameless.text(), /model is required/)
})
