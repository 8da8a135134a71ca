import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { rssMiB } from '../bench/process-cost.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { chunk, type RoughServer, type Script, sleep, startRoughServer, streamHead } from '../support/rough-server.ts'
import { sound } from './rough-scripts.ts'

/** More than anybody would keep for one client. */
const mostMiB = 16
const callers = 20
let sentBytes = 0

/** Sends 64 MiB as fast as it is taken. */
const firehose: Script = async (socket, { model }) => {
  const delta = { content: 'x'.repeat(16_000) }
  const piece = chunk(`data: ${JSON.stringify({ id: 'c', model, choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`)
  socket.write(streamHead)
  for (let sent = 0; sent < 64 * 1024 * 1024 && !socket.destroyed; sent += piece.length) {
    sentBytes += piece.length
    if (!socket.write(piece)) await new Promise<void>((resolve) => socket.once('drain', resolve).once('close', resolve))
  }
}

let rough: RoughServer
let relay: RelayProcess

before(async () => {
  rough = await startRoughServer({ firehose, sound })
  relay = await startRelay(
    `version: 1\nproviders: { rough: { type: openai-compatible, base_url: "${rough.url}/v1" } }\nmodels: { any: { targets: [rough/sound] } }\ntimeouts: { first_token: 1s, idle: 1s }\nlog: { level: warn }\n`,
  )
})
after(async () => {
  await relay?.stop()
  await rough?.close()
})

/** A client that asks for a stream and reads none of it. */
function askAndLook(path: string, body: object): Socket {
  const { hostname, port } = new URL(relay.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.pause()
  const text = JSON.stringify(body)
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: relay\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
  )
  return socket
}

async function stalled(): Promise<void> {
  let seen = -1
  for (let waited = 0; waited < 30_000 && (sentBytes === 0 || sentBytes !== seen); waited += 1500) {
    seen = sentBytes
    await sleep(1500)
  }
}

const messages = [{ role: 'user', content: 'Write for ever.' }]

for (const { name, path, more } of [
  { name: 'as it came', path: '/v1/chat/completions', more: {} },
  { name: 'translated', path: '/v1/messages', more: { max_tokens: 1000 } },
]) {
  test(`clients that do not read: the provider is made to wait, and memory does not grow (${name})`, async () => {
    sentBytes = 0
    const pid = relay.process.pid ?? 0
    const model = `firehose--${path.replaceAll('/', '-')}`
    const clients = Array.from({ length: callers }, () =>
      askAndLook(path, { model: `rough/${model}`, stream: true, messages, ...more }),
    )
    // What the buffers of both sides hold is taken at once, and then no more.
    await stalled()
    const [beforeMiB, takenBytes] = [rssMiB(pid), sentBytes]
    // Longer than `idle`: silence that the client causes is not the provider's fault.
    await sleep(1500)
    assert.equal(sentBytes, takenBytes)
    const grownMiB = rssMiB(pid) - beforeMiB
    assert.ok(grownMiB < 10, `memory grew by ${grownMiB.toFixed(0)} MiB`)
    const asked = rough.calls(model)
    assert.equal(asked.length, callers)
    assert.ok(
      asked.every(({ leftAtMs }) => leftAtMs === undefined),
      'a provider was left although its client is slow',
    )
    const sentMiB = sentBytes / callers / 1024 / 1024
    assert.ok(sentMiB > 0.5 && sentMiB < mostMiB, `${sentMiB.toFixed(1)} MiB were taken for each client`)
    const healthy = await fetch(`${relay.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'any', messages }),
    })
    assert.equal(healthy.status, 200)
    for (const client of clients) client.destroy()
    for (let waited = 0; waited < 3000 && asked.some(({ leftAtMs }) => leftAtMs === undefined); waited += 20) await sleep(20)
    assert.ok(
      asked.every(({ leftAtMs }) => leftAtMs !== undefined),
      'a provider still sends to a client that has gone',
    )
  })
}
