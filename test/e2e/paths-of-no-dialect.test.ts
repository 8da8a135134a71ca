import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

let world: MockRelay

before(async () => {
  world = await startMockRelay(`models:
  smart: { targets: [openai/gpt-4.1] }
  "gpt-*": { targets: ["openai/*"] }
clients: [{ name: web, key: sk-web-0000000000000000, models: [smart, "gpt-*", "openai/*"] }]
log: { level: error }
`)
})
after(() => world?.close())

const key = 'sk-web-0000000000000000'
const ask = async (path: string, headers: Readonly<Record<string, string>>, method = 'GET') => {
  const answer = await fetch(world.relay.url + path, { method, headers })
  return { status: answer.status, text: await answer.text() }
}

const shapes = {
  openai: /^\{"error":\{"message":".*"type":".*"param":.*"code":"/,
  anthropic: /^\{"type":"error","error":\{"type":"\w+","message":".*"request_id":"/,
  gemini: /^\{"error":\{"code":\d+,"message":".*"status":"[A-Z_]+"/,
}
const anthropicHeaders = { 'anthropic-version': '2023-06-01' }

const refused: readonly [string, string, keyof typeof shapes, Readonly<Record<string, string>>, number][] = [
  ['GET', '/v1/models/nope', 'openai', { authorization: `Bearer ${key}` }, 404],
  ['GET', '/v1/models', 'openai', {}, 401],
  ['GET', '/v1/models/nope', 'anthropic', { ...anthropicHeaders, 'x-api-key': key }, 404],
  ['GET', '/v1/models', 'anthropic', { ...anthropicHeaders, 'x-api-key': 'wrong' }, 401],
  ['POST', '/v1/messages/batches', 'anthropic', { ...anthropicHeaders, 'x-api-key': key }, 404],
  ['GET', '/v1beta/models/nope', 'gemini', { 'x-goog-api-key': key }, 404],
  ['GET', '/v1beta/models?key=wrong', 'gemini', {}, 401],
  ['POST', '/v1beta/models/smart:predict', 'gemini', { 'x-goog-api-key': key }, 405],
  ['GET', '/v1beta/files', 'gemini', { 'x-goog-api-key': key }, 404],
  ['GET', '/providers/nobody/v1/messages', 'anthropic', { ...anthropicHeaders, 'x-api-key': key }, 403],
]

for (const [method, path, vendor, headers, status] of refused) {
  test(`${method} ${path}: the refusal has the form of ${vendor}`, async () => {
    const told = await ask(path, headers, method)
    assert.equal(told.status, status)
    assert.match(told.text, shapes[vendor])
  })
}

test('an SDK raises its own class for a model that is not there', async () => {
  const client = new Anthropic({ baseURL: world.relay.url, apiKey: key, maxRetries: 0 })
  await assert.rejects(
    () => client.models.retrieve('nope'),
    (error) => error instanceof Anthropic.NotFoundError && error.type === 'not_found_error',
  )
})

test('names that a wildcard takes, or that name a provider, are found, though no list has them', async () => {
  for (const name of ['smart', 'gpt-5.6', 'openai/o9', 'openai%2Fo9'])
    assert.equal((await ask(`/v1/models/${name}`, { authorization: `Bearer ${key}` })).status, 200, name)
  assert.equal((await ask('/v1/models/anthropic/claude', { authorization: `Bearer ${key}` })).status, 404)
})
