import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Answer, AnswerEvent, FinishReason } from '#canonical/answer.ts'
import type { DialectName } from '#canonical/request.ts'
import type { DecodeContext } from '#dialect/dialect.ts'
import { plainTraits } from '#dialect/quirks.ts'
import { dialectByName, dialects } from '#dialect/registry.ts'
import { parseSse } from '#framing/sse-parse.ts'
import { type JsonObject, parseJson } from '#lib/json.ts'
import { requestFrom } from './fake-dialect.ts'
import { type FaultPlan, parseFaultPlan } from './fault-plan.ts'
import { createMock } from './mock.ts'

const traits = { ...plainTraits, prefill: true, imagesInToolResults: true }

const mock = await createMock({ providers: [{ name: 'every-mock', dialects }] })
after(() => mock.close())
const url = mock.providers[0]?.url ?? ''

function planOf(text: string): FaultPlan {
  const plan = parseFaultPlan(text)
  if (!plan.ok) throw new Error(plan.error.join('\n'))
  return plan.value
}

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

type Wire = { readonly path: (stream: boolean) => string; readonly body: (text: string, tools: boolean) => JsonObject }

const gemini = (stream: boolean): string => `/v1beta/models/m:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`

const wires: Readonly<Record<DialectName, Wire>> = {
  'openai-chat': {
    path: () => '/v1/chat/completions',
    body: (text, tools) => ({
      model: 'm',
      messages: [{ role: 'user', content: text }],
      ...(tools ? { tools: [{ type: 'function', function: { name: 'get_weather', parameters: schema } }] } : {}),
    }),
  },
  'openai-responses': {
    path: () => '/v1/responses',
    body: (text, tools) => ({
      model: 'm',
      input: text,
      ...(tools ? { tools: [{ type: 'function', name: 'get_weather', parameters: schema, strict: false }] } : {}),
    }),
  },
  'openai-completions': {
    path: () => '/v1/completions',
    body: (text) => ({ model: 'm', prompt: text }),
  },
  anthropic: {
    path: () => '/v1/messages',
    body: (text, tools) => ({
      model: 'm',
      max_tokens: 100,
      messages: [{ role: 'user', content: text }],
      ...(tools ? { tools: [{ name: 'get_weather', input_schema: schema }] } : {}),
    }),
  },
  gemini: {
    path: gemini,
    body: (text, tools) => ({
      contents: [{ role: 'user', parts: [{ text }] }],
      ...(tools ? { tools: [{ functionDeclarations: [{ name: 'get_weather', parameters: schema }] }] } : {}),
    }),
  },
}

type Question = { readonly dialect: DialectName; readonly text?: string; readonly tools?: boolean; readonly stream?: boolean }

function ask({ dialect, text = 'hi', tools = false, stream = false }: Question): Promise<Response> {
  const wire = wires[dialect]
  const streaming = dialect.startsWith('openai-c') ? { stream: true, stream_options: { include_usage: true } } : { stream: true }
  const body = { ...wire.body(text, tools), ...(stream && dialect !== 'gemini' ? streaming : {}) }
  return fetch(url + wire.path(stream), { method: 'POST', body: JSON.stringify(body) })
}

function contextFor(question: Question): DecodeContext {
  const request = requestFrom(question.text ?? 'hi', { dialect: question.dialect, model: 'm', stream: question.stream ?? false })
  return { request, target: { model: 'm', quirks: { vendor: 'mock' }, traits } }
}

async function eventsOf(question: Question): Promise<readonly AnswerEvent[]> {
  const events: AnswerEvent[] = []
  const decoder = dialectByName(question.dialect).decodeStream((event) => events.push(event), contextFor(question))
  const response = await ask(question)
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  const parser = parseSse((frame) => decoder.frame(frame))
  parser.push(Buffer.from(await response.arrayBuffer()))
  parser.end()
  decoder.end()
  return events
}

async function answerOf(question: Question): Promise<Answer> {
  const decoded = dialectByName(question.dialect).decodeAnswer(await (await ask(question)).json(), contextFor(question))
  if (!decoded.ok) throw new Error(decoded.error.message)
  return decoded.value
}

/** What was said, as `text` or `name(arguments)`, the reason of the end and the tokens. */
function heard(answer: Answer): string {
  const parts = answer.candidates[0]?.parts.map((part) => {
    if (part.kind === 'tool_call') return `${part.name}(${part.args})`
    return 'text' in part ? part.text : part.kind
  })
  return `${parts?.join(' ')} ${answer.candidates[0]?.finish.reason} ${answer.usage?.output}`
}

function heardInStream(events: readonly AnswerEvent[]): string {
  const said: string[] = []
  let finish: FinishReason | undefined
  let output: number | undefined
  for (const event of events) {
    if (event.kind === 'part_start' && event.type === 'tool_call') said.push(`${event.name}(`)
    if (event.kind === 'part_delta') said.push(event.text)
    if (event.kind === 'finish') finish = event.finish.reason
    if (event.kind === 'usage') output = event.usage.output
  }
  const text = said.join('')
  return `${text}${text.startsWith('get_weather(') ? ')' : ''} ${finish} ${output}`
}

const hello = 'Hello from every-mock, playing m. You said: "hi" stop 8'
const call = 'get_weather({"city":"Paris"}) tool_calls 2'

// Completions of text know no tools.
const answered = (name: DialectName): string => (name === 'openai-completions' ? hello.replace('hi', 'weather') : call)

for (const { name } of dialects) {
  test(`mock speaks ${name}: whole`, async () => {
    assert.equal(heard(await answerOf({ dialect: name })), hello)
    assert.equal(heard(await answerOf({ dialect: name, text: 'weather', tools: true })), answered(name))
  })

  test(`mock speaks ${name}: as a stream`, async () => {
    assert.equal(heardInStream(await eventsOf({ dialect: name, stream: true })), hello)
    assert.equal(heardInStream(await eventsOf({ dialect: name, text: 'weather', tools: true, stream: true })), answered(name))
  })
}

test('mock speaks Gemini: a stream as a JSON array', async () => {
  const body = JSON.stringify(wires.gemini.body('hi', false))
  const response = await fetch(`${url}/v1beta/models/m:streamGenerateContent`, { method: 'POST', body })
  const parsed = parseJson(await response.text())
  assert.ok(parsed.ok && Array.isArray(parsed.value) && parsed.value.length > 2)
})

test('mock counts tokens in the forms of Anthropic and Gemini', async () => {
  const count = async (path: string, body: JsonObject): Promise<unknown> =>
    (await fetch(url + path, { method: 'POST', body: JSON.stringify(body) })).json()
  const { max_tokens: _left, ...withoutLimit } = wires.anthropic.body('12345678', false)
  assert.deepEqual(await count('/v1/messages/count_tokens', withoutLimit), { input_tokens: 5 })
  assert.deepEqual(await count('/v1beta/models/m:countTokens', wires.gemini.body('12345678', false)), { totalTokens: 5 })
})

// What the dialects must make of the vendors' own errors.
const errors: readonly { rule: string; kind: string }[] = [
  { rule: 'kind: rate_limit', kind: 'rate_limit' },
  { rule: 'kind: error, status: 500', kind: 'server' },
  { rule: 'kind: error, status: 503', kind: 'overloaded' },
  { rule: 'kind: error, status: 529', kind: 'overloaded' },
  { rule: 'kind: error, status: 502, body: html', kind: 'server' },
  { rule: 'kind: auth', kind: 'auth' },
  { rule: 'kind: billing', kind: 'billing' },
  { rule: 'kind: context_length', kind: 'context_length' },
]

for (const { name } of dialects) {
  for (const { rule, kind } of errors) {
    test(`mock fails in ${name}: ${rule}`, async () => {
      mock.setFaults(planOf(`faults: [{${rule}}]`))
      const response = await ask({ dialect: name })
      const failure = dialectByName(name).decodeError(
        response.status,
        Object.fromEntries(response.headers),
        await response.text(),
      )
      assert.equal(failure.kind, kind)
      if (kind === 'rate_limit') assert.equal(failure.retryAfterMs, 1000)
      mock.setFaults(planOf(''))
    })
  }

  for (const rule of ['kind: error_event', 'kind: error_event, after: 0', 'kind: error_event, first: true']) {
    test(`mock fails in ${name}: ${rule}`, async () => {
      mock.setFaults(planOf(`faults: [{${rule}, status: 529}]`))
      const last = (await eventsOf({ dialect: name, stream: true })).at(-1)
      assert.equal(last?.kind === 'failure' && last.failure.kind, 'overloaded')
      mock.setFaults(planOf(''))
    })
  }

  // Some dialects call it a failure, others an answer without content, which the relay judges.
  test(`mock fails in ${name}: empty choices hold nothing to hear`, async () => {
    mock.setFaults(planOf('faults: [{kind: empty_choices}]'))
    const whole = await answerOf({ dialect: name }).then(heard, () => '')
    assert.match(whole, /^( stop \d+)?$/)
    const events = await eventsOf({ dialect: name, stream: true })
    assert.equal(
      events.some((event) => event.kind === 'part_delta'),
      false,
    )
    mock.setFaults(planOf(''))
  })

  test(`mock is odd in ${name}: unexpected fields and frames change nothing`, async () => {
    mock.setFaults(planOf('faults: [{kind: unexpected_fields}]'))
    assert.equal(heard(await answerOf({ dialect: name })), hello)
    assert.equal(heardInStream(await eventsOf({ dialect: name, stream: true })), hello)
    mock.setFaults(planOf(''))
  })

  test(`mock is odd in ${name}: a broken frame in a sound stream loses nothing`, async () => {
    mock.setFaults(planOf('faults: [{kind: malformed_event}]'))
    assert.equal(heardInStream(await eventsOf({ dialect: name, stream: true })), hello)
    mock.setFaults(planOf(''))
  })
}
