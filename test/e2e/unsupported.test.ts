import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

const files = createServer((request, response) => {
  if (request.url === '/paper.pdf') response.writeHead(200, { 'content-type': 'application/pdf' }).end('%PDF-1.4 paper')
  else response.writeHead(404).end()
})
let origin = ''
let world: MockRelay

before(async () => {
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve))
  const address = files.address()
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  world = await startMockRelay(`models:
  by-meaning: { targets: [anthropic/claude-opus-4-5] }
  strict: { unsupported: error, targets: [anthropic/claude-opus-4-5] }
  strict-two: { unsupported: error, targets: [anthropic/claude-opus-4-5, openai/gpt-4.1] }
  lax: { unsupported: drop, targets: [anthropic/claude-opus-4-5] }
  gpt: { targets: [openai/gpt-4.1] }
media: { urls: fetch, allow: ["127.0.0.1"] }
log: { level: warn }
`)
})
after(async () => {
  files.close()
  await world?.close()
})

const messages = [{ role: 'user', content: 'hi' }] as const

test('by default hints are dropped and named, what changes the meaning is an error', async () => {
  const { response } = await world.openai.chat.completions
    .create({ model: 'by-meaning', messages: [...messages], seed: 7 })
    .withResponse()
  assert.equal(response.headers.get('x-outrigger-dropped'), 'seed')
  await assert.rejects(
    world.openai.chat.completions.create({ model: 'by-meaning', messages: [...messages], n: 2 }),
    OpenAI.BadRequestError,
  )
})

test('unsupported: error passes over a target that would lose a hint', async () => {
  await assert.rejects(world.openai.chat.completions.create({ model: 'strict', messages: [...messages], seed: 7 }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError)
    assert.equal(error.code, 'unsupported_by_target')
    assert.match(error.message, /seed/)
    return true
  })
  const { response } = await world.openai.chat.completions
    .create({ model: 'strict-two', messages: [...messages], seed: 7 })
    .withResponse()
  assert.equal(response.headers.get('x-outrigger-target'), 'openai/gpt-4.1')
})

test('unsupported: drop leaves out also what changes the meaning, and names it', async () => {
  const { data, response } = await world.openai.chat.completions
    .create({ model: 'lax', messages: [...messages], n: 2 })
    .withResponse()
  assert.equal(data.choices.length, 1)
  assert.equal(response.headers.get('x-outrigger-dropped'), 'n')
})

function ask(url: string): Promise<Anthropic.Message> {
  const client = new Anthropic({ baseURL: world.relay.url, apiKey: 'none', maxRetries: 0 })
  const document = { type: 'document', source: { type: 'url', url } } as const
  return client.messages.create({ model: 'gpt', max_tokens: 100, messages: [{ role: 'user', content: [document] }] })
}

test('media: fetch downloads what a target takes as data only', async () => {
  await ask(`${origin}/paper.pdf`)
  const sent = JSON.stringify(world.mock.calls().at(-1))
  assert.ok(sent.includes(Buffer.from('%PDF-1.4 paper').toString('base64')), sent.slice(0, 600))
})

test('media: fetch tells why a URL could not be had, and reaches nothing inside', async () => {
  await assert.rejects(ask(`${origin}/none.pdf`), /status 404/)
  await assert.rejects(ask(`http://localhost:${new URL(origin).port}/paper.pdf`), /private network/)
})
