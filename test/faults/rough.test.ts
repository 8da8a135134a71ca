import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { askers } from '../support/askers.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { type RoughServer, sleep, startRoughServer } from '../support/rough-server.ts'
import { roughAnswer, roughScripts } from './rough-scripts.ts'

/** Whose answer the caller has: of the target at fault, of the sound one behind it, or of both together. */
type By = 'first' | 'second' | 'either'
type Case = { readonly script: string; readonly stream: By; readonly whole?: By; readonly calls?: number }

const both = (by: By, ...scripts: readonly string[]): readonly Case[] =>
  scripts.map((script) => ({ script, stream: by, whole: by }))
const streams = (by: By, ...scripts: readonly string[]): readonly Case[] => scripts.map((script) => ({ script, stream: by }))

const cases: readonly Case[] = [
  ...both('second', 'error-in-200', 'error-string-in-200', 'detail-in-200', 'html-200', 'nothing-200', 'null-200', 'array-200'),
  ...both('second', 'no-content', 'redirect', 'moved-to-login', 'reset-after-headers', 'garbage', 'bad-status', 'bad-chunk'),
  ...both('second', 'large-headers', 'broken-gzip', 'hangs', 'hangs-after-headers', 'drip-before', 'errors-500'),
  ...both('first', 'no-type', 'early-hints', 'processing', 'http-1.0', 'connection-close', 'gzip', 'brotli', 'byte-by-byte'),
  ...both('first', 'reset-once', 'closed-once', 'closes-when-idle'),
  ...both('either', 'resets-the-second'),
  { script: 'http-1.0-cut', stream: 'either', whole: 'second' },
  { script: 'short-body', stream: 'either', whole: 'second' },
  { script: 'started-whole', stream: 'first', whole: 'second' },
  { script: 'padded-whole', stream: 'first', whole: 'first' },
  ...streams('either', 'drip-after', 'error-after-40', 'error-finish-after-40', 'hangs-after-20', 'no-finish-no-done'),
  ...streams('second', 'comments-only', 'done-only', 'done-after-role', 'error-first', 'error-event-first', 'endless-line'),
  ...streams(
    'first',
    'open-after-done',
    'crlf',
    'byte-order-mark',
    'no-spaces',
    'named-events',
    'finish-twice',
    'after-the-end',
    'garbled-events',
    'one-large-event',
  ),
]

/** The stages of a request at which its client may go away. */
const stages = [
  { script: 'hangs', form: 'stream', when: 'before the headers' },
  { script: 'hangs', form: 'whole', when: 'before a whole answer' },
  { script: 'hangs-after-headers', form: 'stream', when: 'before the first token' },
  { script: 'hangs-after-20', form: 'stream', when: 'in mid-stream' },
  { script: 'started-whole', form: 'whole', when: 'in the middle of a whole answer' },
  { script: 'limited-for-long', form: 'stream', when: 'while we wait to ask again' },
] as const

let rough: RoughServer
let relay: RelayProcess

const modelOf = (script: string, form: string): string => `${script}--${form}`

function routingFile(): string {
  const models = Object.keys(roughScripts).flatMap((script) =>
    ['stream', 'whole'].map(
      (form) => `  "${modelOf(script, form)}": { targets: ["rough/${modelOf(script, form)}", "rough/sound--${script}-${form}"] }`,
    ),
  )
  return `version: 1
providers:
  rough: { type: openai-compatible, base_url: "${rough.url}/v1" }
  other: { type: openai-compatible, base_url: "${rough.url}/v1" }
models:
  too-long: { targets: ["rough/too-long--same", "other/too-long--same"] }
  too-long-known: { targets: [{ target: "rough/too-long--known", context: 8000 }, { target: "other/too-long--known", context: 8000 }] }
${models.join('\n')}
timeouts: { first_token: 700ms, idle: 700ms, total: 4s }
retry: { backoff: { base: 20ms }, budget: 100% }
log: { level: warn }
`
}

before(async () => {
  rough = await startRoughServer(roughScripts)
  relay = await startRelay(routingFile())
})
after(async () => {
  await relay?.stop()
  await rough?.close()
})

suite('a provider that is rough with HTTP', { concurrency: 8 }, () => {
  for (const { script, ...expected } of cases) {
    for (const form of ['stream', 'whole'] as const) {
      const by = expected[form]
      if (by === undefined) continue
      test(`${script}, ${form}: the caller has the answer, of ${by}`, async () => {
        const model = modelOf(script, form)
        const asked = await askers.chat(relay.url, { model, stream: form === 'stream' })
        assert.deepEqual(asked.error, undefined)
        assert.equal(asked.text, roughAnswer)
        assert.equal(asked.finish, 'stop')
        if (by === 'first') assert.equal(asked.model, model)
        if (by === 'second') assert.equal(asked.model, `sound--${script}-${form}`)
        assert.ok(rough.calls(model).length <= 2, `${rough.calls(model).length} calls`)
      })
    }
  }

  for (const script of ['half-call', 'two-candidates-cut']) {
    test(`${script}: what cannot be continued ends with an error, never with a normal stop`, async () => {
      const asked = await askers.chat(relay.url, { model: modelOf(script, 'stream'), stream: true })
      assert.ok(asked.error)
      assert.equal(asked.finish, '')
    })
  }

  test('a prompt that is too long: the same model elsewhere may have a larger window, unless both are known', async () => {
    const asked = await askers.chat(relay.url, { model: 'too-long', stream: true })
    assert.deepEqual([asked.error, asked.text], [undefined, roughAnswer])
    assert.equal(rough.calls('too-long--same').length, 2)
    const known = await askers.chat(relay.url, { model: 'too-long-known', stream: true })
    assert.equal(known.error?.status, 400)
    assert.equal(rough.calls('too-long--known').length, 1)
  })

  test('a stream that told its end and is not closed: its connection is given up', async () => {
    const model = modelOf('open-after-done', 'whole')
    const asked = await askers.chat(relay.url, { model, stream: true })
    assert.equal(asked.text, roughAnswer)
    assert.ok(asked.ms < 2000, `${asked.ms} ms`)
    await left(model, 8000)
  })

  for (const { script, form, when } of stages) {
    test(`a client that goes away ${when}: the provider's connection is closed at once`, async () => {
      const model = modelOf(script, `${form}-left`)
      const caller = new AbortController()
      const asked = askers.chat(relay.url, { model: `rough/${model}`, stream: form === 'stream', signal: caller.signal })
      await arrived(model)
      await sleep(150)
      const goneAtMs = performance.now()
      caller.abort()
      await asked
      if (script === 'limited-for-long') {
        await sleep(2600)
        assert.equal(rough.calls(model).length, 1)
        return
      }
      const lateMs = (await left(model, 3000)) - goneAtMs
      assert.ok(lateMs < 1000, `closed after ${lateMs} ms`)
    })
  }
})

async function arrived(model: string): Promise<void> {
  for (let waited = 0; waited < 5000 && rough.calls(model).length === 0; waited += 10) await sleep(10)
  assert.equal(rough.calls(model).length, 1)
}

/** When the connection of the model's last call was closed. */
async function left(model: string, withinMs: number): Promise<number> {
  const leftAtMs = (): number | undefined => rough.calls(model).at(-1)?.leftAtMs
  for (let waited = 0; waited < withinMs && leftAtMs() === undefined; waited += 10) await sleep(10)
  const atMs = leftAtMs()
  assert.ok(atMs !== undefined, 'the connection is still open')
  return atMs
}
