import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { listenLocally } from '../support/listen.ts'
import { startRelay } from '../support/relay-process.ts'

const count = 100

test('requests that are cut at the end of the drain are all in the log', async (t) => {
  let arrived = 0
  const silent = createServer((request) => {
    request.resume()
    arrived++
  })
  t.after(() => {
    silent.closeAllConnections()
    silent.close()
  })
  const relay = await startRelay(
    `version: 1
providers:
  silent: { type: openai-compatible, api_key: k, base_url: "http://127.0.0.1:${await listenLocally(silent)}/v1" }
models:
  m: { targets: [silent/m] }
health: { probe: off }
`,
    { args: ['--drain-timeout', '400ms'] },
  )
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] })
  const headers = { 'content-type': 'application/json' }
  const asked = Array.from({ length: count }, () =>
    fetch(`${relay.url}/v1/chat/completions`, { method: 'POST', headers, body }).catch((error: unknown) => error),
  )
  while (arrived < count) await new Promise((resolve) => setTimeout(resolve, 10))
  await relay.stop()
  assert.ok((await Promise.all(asked)).every((answer) => answer instanceof Error))
  assert.equal(relay.log().match(/"status":499/g)?.length, count)
})
