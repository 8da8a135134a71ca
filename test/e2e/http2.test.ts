import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createSecureServer, type ServerHttp2Session } from 'node:http2'
import { test } from 'node:test'
import { askers } from '../support/askers.ts'
import { makeCertificate } from '../support/certificate.ts'
import { freePorts, startRelay } from '../support/relay-process.ts'

const skip = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed here'

const words = ['one', ' two', ' three']
const piece = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
const stream = [...words.map((content) => piece({ content })), piece({}, 'stop'), 'data: [DONE]\n\n'].join('')
const whole = JSON.stringify({
  ...{ id: 'c', object: 'chat.completion', created: 1, model: 'm' },
  choices: [{ index: 0, message: { role: 'assistant', content: words.join('') }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 },
})

// What providers speak wherever both sides can.
test('a provider behind TLS is spoken to in HTTP/2, whole and streamed', { skip }, async () => {
  const { certificate, key } = makeCertificate()
  const versions: string[] = []
  const bodies: string[] = []
  const sessions = new Set<ServerHttp2Session>()
  const provider = createSecureServer(
    { cert: readFileSync(certificate), key: readFileSync(key), allowHTTP1: true },
    async (request, response) => {
      const body = (await request.toArray()).join('')
      versions.push(request.httpVersion)
      bodies.push(body)
      const isStream = body.includes('"stream":true')
      response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' })
      response.end(isStream ? stream : whole)
    },
  )
  provider.on('session', (session) => void sessions.add(session))
  const [port = 0] = await freePorts(1)
  await new Promise<void>((resolve) => provider.listen(port, '127.0.0.1', resolve))
  const routing = `version: 1
providers: { openai: { api_key: k, base_url: "https://localhost:${port}/v1", health: { probe: off } } }
models: { m: { targets: [openai/m] } }
`
  const relay = await startRelay(routing, { env: { NODE_EXTRA_CA_CERTS: certificate } })
  try {
    for (const streamed of [false, true]) {
      const { text } = await askers.chat(relay.url, { model: 'm', stream: streamed })
      assert.equal(text, words.join(''))
    }
    // One that goes out in pieces.
    const prompt = 'A long prompt. '.repeat(100_000)
    assert.equal((await askers.chat(relay.url, { model: 'm', stream: false, prompt })).text, words.join(''))
    assert.deepEqual(versions, ['2.0', '2.0', '2.0'])
    assert.ok(bodies.at(-1)?.includes(`"content":"${prompt}"`))
  } finally {
    await relay.stop()
    for (const session of sessions) session.destroy()
    provider.close()
  }
})
