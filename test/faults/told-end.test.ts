import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { askers } from '../support/askers.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { chunk, lastChunk, type RoughServer, type Script, startRoughServer, streamHead } from '../support/rough-server.ts'

const data = (body: object): string => `data: ${JSON.stringify(body)}\n\n`
const event = (body: { readonly type: string }): string => `event: ${body.type}\n${data(body)}`
const choice = (delta: object, finish: string | null = null): string =>
  data({
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })

/** Answers that tell why they end, and nothing behind it. */
const told = {
  chat: choice({ role: 'assistant', content: 'All of it.' }) + choice({}, 'stop'),
  anthropic: [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content: [],
        usage: { input_tokens: 3, output_tokens: 1 },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'All of it.' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 4 } },
  ]
    .map(event)
    .join(''),
}
const half = choice({ role: 'assistant', content: 'Not all' })
const begun = (body: string): string => streamHead + chunk(body).toString('utf8')

const endings = {
  closed:
    (body: string): Script =>
    (socket) =>
      void socket.write(begun(body) + lastChunk),
  reset:
    (body: string): Script =>
    (socket) => {
      socket.write(begun(body))
      setTimeout(() => socket.resetAndDestroy(), 50)
    },
  silent:
    (body: string): Script =>
    (socket) =>
      void socket.write(begun(body)),
}
type Ending = keyof typeof endings
const kinds: readonly Ending[] = ['closed', 'reset', 'silent']

const twoCandidates = data({
  id: 'c',
  choices: [
    { index: 0, delta: { content: 'One' }, finish_reason: 'stop' },
    { index: 1, delta: { content: 'Tw' }, finish_reason: null },
  ],
})

let rough: RoughServer
let relay: RelayProcess

before(async () => {
  rough = await startRoughServer({
    ...Object.fromEntries(
      (['chat', 'anthropic'] as const).flatMap((dialect) =>
        kinds.map((kind) => [`${dialect}-${kind}`, endings[kind](told[dialect])]),
      ),
    ),
    half: endings.reset(half),
    'one-of-two': endings.reset(twoCandidates),
    'one-told-of-two': endings.reset(told.chat),
  })
  relay = await startRelay(`version: 1
providers:
  chat: { type: openai-compatible, base_url: "${rough.url}/v1" }
  anthropic: { type: anthropic, base_url: "${rough.url}", api_key: k }
models: { any: { targets: [chat/any] } }
timeouts: { idle: 300ms }
retry: { attempts: 1 }
breaker: { consecutive_errors: 1000, min_requests: 1000 }
health: { probe: off }
log: { level: warn }
`)
})
after(async () => {
  await relay?.stop()
  await rough?.close()
})

suite('a stream that told its finish is whole, whatever becomes of the connection', { concurrency: 6 }, () => {
  for (const kind of kinds) {
    for (const [provider, client] of [
      ['chat', 'chat'],
      ['chat', 'messages'],
      ['anthropic', 'messages'],
      ['anthropic', 'gemini'],
    ] as const) {
      test(`${kind} behind the finish: ${provider} to ${client}`, async () => {
        const asked = await askers[client](relay.url, { model: `${provider}/${provider}-${kind}`, stream: true })
        assert.deepEqual(asked.error, undefined)
        assert.equal(asked.text, 'All of it.')
        assert.match(asked.finish, /^(stop|end_turn|STOP)$/)
      })
    }

    test(`${kind} behind the finish: the client has the last word of its dialect all the same`, async () => {
      assert.match(await raw('/v1/chat/completions', `chat/chat-${kind}`), /data: \[DONE\]\n\n: outrigger outcome=complete/)
      assert.match(
        await raw('/v1/messages', `anthropic/anthropic-${kind}`),
        /event: message_stop\ndata: \{"type":"message_stop"\}\n\n: outrigger outcome=complete/,
      )
    })
  }

  test('without a finish it is not whole, and one attempt is one request', async () => {
    const asked = await askers.chat(relay.url, { model: 'chat/half', stream: true })
    assert.ok(asked.error)
    assert.equal(rough.calls('half').length, 1)
  })

  for (const script of ['one-of-two', 'one-told-of-two']) {
    test(`one of two candidates has told its finish (${script}): the answer is not whole`, async () => {
      const text = await raw('/v1/chat/completions', `chat/${script}`, { n: 2 })
      assert.match(text, /"error":.*\n\n: outrigger outcome=truncated/)
      assert.doesNotMatch(text, /\[DONE\]/)
    })
  }
})

async function raw(path: string, model: string, extra: object = {}): Promise<string> {
  const body = { model, stream: true, max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }], ...extra }
  const answer = await fetch(relay.url + path, { method: 'POST', body: JSON.stringify(body) })
  return await answer.text()
}
