import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

let world: MockRelay

before(async () => {
  world = await startMockRelay(
    'models:\n  smart: { targets: [openai/gpt-4.1] }\nlimits: { max_body: 4KiB }\nlog: { level: warn }\n',
  )
})
after(() => world?.close())

const chat = '/v1/chat/completions'
const hello = [{ role: 'user', content: 'Hello' }]

const cases: readonly {
  name: string
  path?: string
  method?: string
  body?: string | Uint8Array<ArrayBuffer>
  headers?: Record<string, string>
  status: number
  says: RegExp
  code?: string
}[] = [
  { name: 'invalid JSON', body: '{"model": ', status: 400, says: /not valid JSON/, code: 'invalid_json' },
  { name: 'an empty body', body: '', status: 400, says: /empty/, code: 'invalid_json' },
  { name: 'a body that is no object', body: '[1]', status: 400, says: /JSON object/, code: 'invalid_json' },
  {
    name: 'an unknown model',
    body: JSON.stringify({ model: 'smrat', messages: hello }),
    status: 404,
    says: /smrat/,
    code: 'model_not_found',
  },
  {
    name: 'an unknown provider',
    body: JSON.stringify({ model: 'nobody/gpt', messages: hello }),
    status: 404,
    says: /nobody/,
    code: 'model_not_found',
  },
  { name: 'no model', body: JSON.stringify({ messages: hello }), status: 400, says: /model/ },
  { name: 'a model that is no string', body: JSON.stringify({ model: 7, messages: hello }), status: 400, says: /model/ },
  { name: 'no messages', body: JSON.stringify({ model: 'smart' }), status: 400, says: /messages/ },
  {
    name: 'messages that are no array',
    body: JSON.stringify({ model: 'smart', messages: 'Hello' }),
    status: 400,
    says: /messages/,
  },
  {
    name: 'a message that is null',
    body: JSON.stringify({ model: 'smart', messages: [null] }),
    status: 400,
    says: /messages\[0\]/,
  },
  {
    name: 'a temperature that is no number',
    body: JSON.stringify({ model: 'smart', messages: hello, temperature: 'hot' }),
    status: 400,
    says: /temperature/,
  },
  {
    name: 'a body over the limit',
    body: JSON.stringify({ model: 'smart', messages: [{ role: 'user', content: 'x'.repeat(5000) }] }),
    status: 413,
    says: /max_body/,
    code: 'request_too_large',
  },
  {
    name: 'a small body that unfolds beyond the limit',
    body: gzipSync(JSON.stringify({ model: 'smart', messages: [{ role: 'user', content: 'x'.repeat(5000) }] })),
    headers: { 'content-encoding': 'gzip' },
    status: 413,
    says: /max_body/,
    code: 'request_too_large',
  },
  {
    name: 'a body that is not compressed as it says',
    body: gzipSync(JSON.stringify({ model: 'smart', messages: hello })).subarray(0, 20),
    headers: { 'content-encoding': 'gzip' },
    status: 400,
    says: /content-encoding/,
  },
  {
    name: 'an encoding that nobody knows',
    body: '{}',
    headers: { 'content-encoding': 'compress' },
    status: 400,
    says: /gzip, deflate, br, zstd/,
  },
  {
    name: 'an encoding that every object has',
    body: '{}',
    headers: { 'content-encoding': 'constructor' },
    status: 400,
    says: /gzip, deflate, br, zstd/,
  },
  { name: 'an unknown path', path: '/v1/nothing', body: '{}', status: 404, says: /nothing/, code: 'unknown_path' },
  { name: 'a wrong method', method: 'GET', status: 405, says: /POST/, code: 'method_not_allowed' },
  {
    name: 'a header that cannot be read',
    body: JSON.stringify({ model: 'smart', messages: hello }),
    headers: { 'x-outrigger-timeout': 'soon' },
    status: 400,
    says: /x-outrigger-timeout/,
    code: 'invalid_header',
  },
]

for (const { name, path = chat, method = 'POST', body, headers, status, says, code } of cases) {
  test(`${name} gets the dialect's own error`, async () => {
    const response = await fetch(world.relay.url + path, {
      method,
      ...(body === undefined ? {} : { body }),
      headers: { 'content-type': 'application/json', ...headers },
    })
    const answer: unknown = await response.json()
    assert.ok(typeof answer === 'object' && answer !== null && 'error' in answer)
    const { error } = answer
    assert.ok(
      typeof error === 'object' && error !== null && 'message' in error && 'type' in error && 'code' in error && 'param' in error,
    )
    assert.equal(response.status, status)
    assert.match(String(error.message), says)
    if (code !== undefined) assert.equal(error.code, code)
    assert.equal(response.headers.get('x-should-retry'), 'false')
    assert.ok(response.headers.get('x-outrigger-request-id'))
  })
}

const sound = JSON.stringify({ model: 'smart', messages: hello })
const packed: readonly [string, Uint8Array<ArrayBuffer>][] = [
  ['gzip', gzipSync(sound)],
  ['deflate', deflateSync(sound)],
  ['br', brotliCompressSync(sound)],
  ['zstd', zstdCompressSync(sound)],
  ['identity', Buffer.from(`\uFEFF${sound}`)],
]

for (const [encoding, body] of packed) {
  test(`a body with content-encoding ${encoding} is read`, async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': encoding }
    const answer = await fetch(world.relay.url + chat, { method: 'POST', body, headers })
    assert.equal(answer.status, 200, await answer.text())
  })
}

test('the process is alive after all of it', async () => {
  const answer = await world.openai.chat.completions.create({ model: 'smart', messages: [{ role: 'user', content: 'Hello' }] })
  assert.equal(answer.choices[0]?.finish_reason, 'stop')
  assert.equal((await fetch(`${world.relay.adminUrl}/livez`)).status, 200)
})
