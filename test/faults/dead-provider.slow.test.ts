import assert from 'node:assert/strict'
import { createServer, type Server, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { askers, clientDialects } from '../support/askers.ts'
import { listenLocally } from '../support/listen.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { type RoughServer, startRoughServer } from '../support/rough-server.ts'
import { roughAnswer, roughScripts } from './rough-scripts.ts'

/** Takes every connection and never says a word, to probes neither. */
let silent: Server
let rough: RoughServer
let relay: RelayProcess
const sockets = new Set<Socket>()

before(async () => {
  silent = createServer((socket) => sockets.add(socket.on('error', () => {})))
  const port = await listenLocally(silent)
  rough = await startRoughServer(roughScripts)
  const routes = clientDialects.map((dialect) => `  ${dialect}: { targets: [silent/${dialect}, rough/sound] }`)
  relay = await startRelay(
    `version: 1\nproviders:\n  silent: { type: openai-compatible, base_url: "http://127.0.0.1:${port}/v1" }\n  rough: { type: openai-compatible, base_url: "${rough.url}/v1" }\nmodels:\n${routes.join('\n')}\nhealth: { interval: 2s, timeout: 300ms }\nlog: { level: warn }\n`,
  )
})
after(async () => {
  await relay?.stop()
  await rough?.close()
  for (const socket of sockets) socket.destroy()
  silent?.close()
})

test('a provider that is silent to everybody, its probes too, is left although a whole answer may take minutes', async () => {
  const all = await Promise.all(clientDialects.map((dialect) => askers[dialect](relay.url, { model: dialect, stream: false })))
  for (const { error, text, ms } of all) {
    assert.deepEqual(error, undefined)
    assert.equal(text, roughAnswer)
    assert.ok(ms < 15_000, `${ms} ms`)
  }
})

test('a provider that is silent for a while, but whose probes are answered, is waited for', async () => {
  const asked = await askers.chat(relay.url, { model: 'rough/padded-whole', stream: false })
  assert.equal(asked.text, roughAnswer)
})
