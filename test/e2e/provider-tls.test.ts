import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createSecureServer, type ServerHttp2Session } from 'node:http2'
import { test } from 'node:test'
import { askers } from '../support/askers.ts'
import { makeCertificate, withoutOpenssl } from '../support/certificate.ts'
import { freePorts, startRelay } from '../support/relay-process.ts'

const skip = withoutOpenssl

const words = ['one', ' two', ' three']
const piece = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
const stream = [...words.map((content) => piece({ content })), piece({}, 'stop'), 'data: [DONE]\n\n'].join('')
const whole = JSON.stringify({
  ...{ id: 'c', object: 'chat.completion', created: 1, model: 'm' },
  choices: [{ index: 0, message: { role: 'assistant', content: words.join('') }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 },
})

for (const [does, allowHTTP1, spoken] of [
  ['is spoken to in HTTP/1.1 where it does both', true, ['1.1', '1.1', '1.1']],
  ['that speaks HTTP/2 only is spoken to in HTTP/2', false, ['2.0', '2.0', '2.0']],
] as const) {
  test(`a provider behind TLS ${does}, whole and streamed`, { skip }, async () => {
    const provider = await startProvider(allowHTTP1)
    const routing = `version: 1
providers: { openai: { api_key: k, base_url: "https://localhost:${provider.port}/v1", health: { probe: off } } }
models: { m: { targets: [openai/m] } }
`
    const relay = await startRelay(routing, { env: { NODE_EXTRA_CA_CERTS: provider.certificate } })
    try {
      for (const streamed of [false, true]) {
        const { text } = await askers.chat(relay.url, { model: 'm', stream: streamed })
        assert.equal(text, words.join(''))
      }
      // One that goes out in pieces.
      const prompt = 'A long prompt. '.repeat(100_000)
      assert.equal((await askers.chat(relay.url, { model: 'm', stream: false, prompt })).text, words.join(''))
      assert.deepEqual(provider.versions, spoken)
      assert.ok(provider.bodies.at(-1)?.includes(`"content":"${prompt}"`))
    } finally {
      await relay.stop()
      provider.stop()
    }
  })
}

type Provider = {
  readonly port: number
  readonly certificate: string
  /** HTTP's version of each request, and the requests' bodies. */
  readonly versions: readonly string[]
  readonly bodies: readonly string[]
  readonly stop: () => void
}

async function startProvider(allowHTTP1: boolean): Promise<Provider> {
  const { certificate, key } = makeCertificate()
  const versions: string[] = []
  const bodies: string[] = []
  const sessions = new Set<ServerHttp2Session>()
  const provider = createSecureServer(
    { cert: readFileSync(certificate), key: readFileSync(key), allowHTTP1 },
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
  return {
    port,
    certificate,
    versions,
    bodies,
    stop() {
      for (const session of sessions) session.destroy()
      provider.close()
    },
  }
}
