import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

let world: MockRelay
const prompt = 'Write 60 words.'
const limits =
  'timeouts: { first_token: 600ms, idle: 500ms }\nretry: { backoff: { base: 20ms } }\nbreaker: { consecutive_errors: 1000 }\nhealth: { probe: off }\nlog: { level: warn }\n'

const cases: readonly { readonly name: string; readonly fault: object; readonly outcome: 'complete' | 'recovered' }[] = [
  { name: 'refused connections', fault: { kind: 'reset' }, outcome: 'complete' },
  { name: '503', fault: { kind: 'error', status: 503 }, outcome: 'complete' },
  { name: '429 with a long wait', fault: { kind: 'rate_limit', retry_after: '20s' }, outcome: 'complete' },
  { name: 'no answer at all', fault: { kind: 'silent_before' }, outcome: 'complete' },
  { name: 'an error event before any content', fault: { kind: 'error_event', first: true }, outcome: 'complete' },
  { name: 'HTML in a 200', fault: { kind: 'html_200' }, outcome: 'complete' },
  { name: 'an empty answer', fault: { kind: 'empty_content' }, outcome: 'complete' },
  { name: 'a stream cut after its beginning', fault: { kind: 'cut', after: 8 }, outcome: 'recovered' },
  { name: 'a connection reset in mid-stream', fault: { kind: 'reset_mid_stream', after: 8 }, outcome: 'recovered' },
  { name: 'a stream that falls silent', fault: { kind: 'silent', after: 6 }, outcome: 'recovered' },
  { name: 'an error event in mid-stream', fault: { kind: 'error_event', after: 5 }, outcome: 'recovered' },
  { name: 'one malformed event', fault: { kind: 'malformed_event', after: 4 }, outcome: 'complete' },
]

// Every case has targets of its own, so that what one teaches the relay (a resting key, an open breaker) leaves the others alone.
const targets = {
  chat: (at: number) => `openai/gpt-4.1-c${at}, anthropic/claude-opus-5-5-c${at}`,
  claude: (at: number) => `anthropic/claude-sonnet-4-5-c${at}, gemini/gemini-3.7-flash-c${at}`,
  gem: (at: number) => `gemini/gemini-3.7-flash-g${at}, openai/gpt-4.1-g${at}`,
}

before(async () => {
  const routes = (['chat', 'claude', 'gem'] as const).flatMap((route) =>
    Array.from({ length: cases.length + 2 }, (_, at) => `  ${route}-${at}: { targets: [${targets[route](at)}] }`),
  )
  world = await startMockRelay(`models:\n${routes.join('\n')}\n${limits}`, { first_token: '0ms', chunk: '2ms' })
})
after(() => world?.close())

type Seen = { readonly text: string; readonly finish: string; readonly raw: string }

const first = { chat: 'openai', claude: 'anthropic', gem: 'gemini' } as const
type Route = keyof typeof first

/** The stream as the route's SDK reads it, and as it came over the wire. */
async function read(route: Route, at: number): Promise<Seen> {
  const model = `${route}-${at}`
  const wire: string[] = []
  const record: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    const [a, b] = response.body?.tee() ?? []
    if (a !== undefined) void new Response(a).text().then((text) => wire.push(text))
    return new Response(b ?? null, { status: response.status, headers: response.headers })
  }
  let text = ''
  let finish = ''
  if (route === 'chat') {
    const stream = await world.openai
      .withOptions({ fetch: record })
      .chat.completions.create({ model, stream: true, messages: [{ role: 'user', content: prompt }] })
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      finish = chunk.choices[0]?.finish_reason ?? finish
    }
  } else if (route === 'claude') {
    const client = new Anthropic({ baseURL: world.relay.url, apiKey: 'none', maxRetries: 0, fetch: record })
    const message = await client.messages
      .stream({ model, max_tokens: 1000, messages: [{ role: 'user', content: prompt }] })
      .finalMessage()
    text = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
    finish = message.stop_reason === 'end_turn' ? 'stop' : String(message.stop_reason)
  } else {
    const client = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: world.relay.url } })
    for await (const chunk of await client.models.generateContentStream({ model, contents: prompt })) {
      text += chunk.text ?? ''
      finish = chunk.candidates?.[0]?.finishReason === 'STOP' ? 'stop' : (chunk.candidates?.[0]?.finishReason ?? finish)
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 20))
  return { text, finish, raw: wire.join('') }
}

for (const route of ['chat', 'claude', 'gem'] as const) {
  test(`streams without faults: ${route}`, async () => {
    world.setFaults([])
    const { text, finish } = await read(route, cases.length)
    assert.equal(text.trim().split(/\s+/).length, 60, text)
    assert.equal(finish, 'stop')
  })

  for (const [at, { name, fault, outcome }] of cases.entries()) {
    test(`streams, ${route}: ${name}: all 60 words once, in order`, async () => {
      world.setFaults([])
      const whole = (await read(route, at)).text
      world.setFaults([{ ...fault, when: { provider: first[route] } }])
      const { text, finish, raw } = await read(route, at)
      assert.equal(text, whole)
      assert.equal(finish, 'stop')
      if (raw !== '') assert.match(raw, new RegExp(`: outrigger outcome=${outcome} `))
    })
  }
}

test('streams: a break in half a tool call ends with the dialect’s own error, never with a normal stop', async () => {
  world.setFaults([{ kind: 'cut', after: 2, when: { provider: 'openai' } }])
  const tools = [
    {
      type: 'function' as const,
      function: {
        name: 'get_weather',
        parameters: {
          type: 'object',
          properties: { city: { type: 'string' }, day: { type: 'string' } },
          required: ['city', 'day'],
        },
      },
    },
  ]
  const stream = await world.openai.chat.completions.create({
    model: `chat-${cases.length + 1}`,
    stream: true,
    tools,
    tool_choice: 'required',
    messages: [{ role: 'user', content: 'Use get_weather.' }],
  })
  let finish: string | null = null
  await assert.rejects(async () => {
    for await (const chunk of stream) finish = chunk.choices[0]?.finish_reason ?? finish
  })
  assert.equal(finish, null)
})
