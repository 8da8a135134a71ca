import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import OpenAI from 'openai'
import { asArray, asObject } from '#lib/json.ts'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts'

const server = 2
const client = 3
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const parentId = '00f067aa0ba902b7'
const models = `models:
  m: { targets: [anthropic/claude-opus-5-5, openai/gpt-4.1] }
health: { probe: off }
breaker: { consecutive_errors: 2, open_for: 60s }
retry: { backoff: { base: 1ms } }
`

let receiver: OtlpReceiver
let world: MockRelay

before(async () => {
  receiver = await startOtlpReceiver()
  world = await startMockRelay(`${models}telemetry: { otlp: "${receiver.url}" }\n`, undefined, {
    OTEL_BSP_SCHEDULE_DELAY: '20',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=blue',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=relay-7',
  })
})
after(async () => {
  await world?.close()
  await receiver?.close()
})

/** The spans of a trace, once all that are expected have come. */
async function spansOf(id: string, expected: number): Promise<readonly ReceivedSpan[]> {
  for (let waited = 0; waited < 10_000; waited += 20) {
    const found = receiver.spans().filter((span) => span.traceId === id)
    if (found.length >= expected) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return assert.fail(
    `not ${expected} spans: ${JSON.stringify(
      receiver
        .spans()
        .filter((span) => span.traceId === id)
        .map((span) => span.name),
    )}`,
  )
}

const parentOf = (id: string): string => `00-${id}-${parentId}-01`
const idOf = (number: number): string => traceId.slice(0, 30) + String(number).padStart(2, '0')

async function ask(id: string, body: object = {}, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const response = await fetch(`${world.relay.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: parentOf(id), ...headers },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'a secret of the client' }], ...body }),
  })
  await response.text()
  return response
}

test('traces: a request is a SERVER span below the client’s own, its attempt a CLIENT span below that', async () => {
  world.setFaults([])
  const response = await ask(idOf(1), { temperature: 0.5, max_tokens: 50 }, { tracestate: 'vendor=abc' })
  const [request, attempt] = byKind(await spansOf(idOf(1), 2))
  assert.equal(request.parentSpanId, parentId)
  assert.equal(request.name, 'POST /v1/chat/completions')
  assert.equal(request.traceState, 'vendor=abc')
  assert.deepEqual(
    pick(request, ['http.request.method', 'http.route', 'http.response.status_code', 'url.path', 'outrigger.route']),
    {
      'http.request.method': 'POST',
      'http.route': '/v1/chat/completions',
      'http.response.status_code': 200,
      'url.path': '/v1/chat/completions',
      'outrigger.route': 'm',
    },
  )
  assert.equal(request.attributes['outrigger.request_id'], response.headers.get('x-outrigger-request-id'))
  assert.equal(attempt.parentSpanId, request.spanId)
  assert.equal(attempt.name, 'chat claude-opus-5-5')
  assert.equal(attempt.attributes['gen_ai.operation.name'], 'chat')
  assert.equal(attempt.attributes['gen_ai.provider.name'], 'anthropic')
  assert.equal(attempt.attributes['gen_ai.request.model'], 'claude-opus-5-5')
  assert.equal(attempt.attributes['gen_ai.request.temperature'], 0.5)
  assert.equal(attempt.attributes['gen_ai.request.max_tokens'], 50)
  assert.equal(attempt.attributes['server.address'], '127.0.0.1')
  assert.equal(typeof attempt.attributes['server.port'], 'number')
  assert.ok(Number(attempt.attributes['gen_ai.usage.input_tokens']) > 0)
  assert.ok(Number(attempt.attributes['gen_ai.usage.output_tokens']) > 0)
  assert.ok(request.startNs <= attempt.startNs && attempt.endNs <= request.endNs, 'the attempt lies within the request')
  assert.ok(Math.abs(Number(request.endNs / 1_000_000n) - Date.now()) < 60_000, 'times are of the epoch')
  assert.equal(request.resource['service.name'], 'relay-7')
  assert.equal(request.resource['deployment.environment.name'], 'test')
  // The executable tells the commit too.
  assert.match(String(request.resource['service.version']), /^\d+\.\d+\.\d+/)
})

test('traces: the provider gets the context of its attempt, the log has the trace', async () => {
  await ask(idOf(2), {}, { tracestate: 'vendor=abc' })
  const [, attempt] = byKind(await spansOf(idOf(2), 2))
  const call = world.mock.calls().at(-1)
  assert.equal(call?.headers['traceparent'], `00-${idOf(2)}-${attempt.spanId}-01`)
  assert.equal(call?.headers['tracestate'], 'vendor=abc')
  const find = (): string | undefined =>
    world.relay
      .log()
      .split('\n')
      .find((text) => text.includes('"request finished"') && text.includes(idOf(2)))
  // Lines are written some at a time.
  for (let tries = 0; tries < 100 && find() === undefined; tries++) await new Promise((resolve) => setTimeout(resolve, 50))
  assert.match(find() ?? '', new RegExp(`"trace_id":"${idOf(2)}"`))
})

test('traces: the exporter’s headers come from the environment, the path from the conventions', async () => {
  await spansOf(idOf(2), 2)
  const [first] = receiver.exports()
  assert.equal(first?.path, '/v1/traces')
  assert.equal(first?.headers['x-tenant'], 'blue')
})

test('traces: content is not captured', async () => {
  await spansOf(idOf(1), 2)
  assert.doesNotMatch(
    JSON.stringify(receiver.spans(), (_key, value) => (typeof value === 'bigint' ? String(value) : value)),
    /a secret of the client/,
  )
})

test('traces: a stream tells its first token', async () => {
  await ask(idOf(3), { stream: true })
  const [, attempt] = byKind(await spansOf(idOf(3), 2))
  assert.deepEqual(
    attempt.events.map(({ name }) => name),
    ['gen_ai.first_token'],
  )
  assert.equal(attempt.attributes['gen_ai.request.stream'], true)
  assert.ok(Number(attempt.attributes['gen_ai.response.time_to_first_chunk']) >= 0)
})

test('traces: failing attempts, the failover and the breaker that opens are told', async () => {
  world.setFaults([{ kind: 'error', status: 503, when: { provider: 'anthropic' } }])
  await ask(idOf(4))
  await ask(idOf(5))
  const spans = await spansOf(idOf(5), 3)
  const request = spans.find((span) => span.kind === server)
  const failed = spans.find((span) => span.kind === client && span.attributes['outrigger.attempt'] === 1)
  const answered = spans.find((span) => span.kind === client && span.attributes['outrigger.attempt'] === 2)
  assert.equal(failed?.attributes['error.type'], 'overloaded')
  assert.equal(failed?.statusCode, 2)
  const breaker = failed?.events.find(({ name }) => name === 'outrigger.breaker')
  assert.deepEqual(breaker?.attributes, {
    'outrigger.target': 'anthropic/claude-opus-5-5',
    'outrigger.breaker.from': 'closed',
    'outrigger.breaker.to': 'open',
    'outrigger.breaker.reason': 'consecutive_errors',
  })
  assert.equal(answered?.attributes['gen_ai.provider.name'], 'openai')
  assert.equal(answered?.statusCode, 0)
  const [failover] = request?.events ?? []
  assert.equal(failover?.name, 'outrigger.failover')
  assert.equal(failover?.attributes['outrigger.to'], 'openai/gpt-4.1')
  assert.equal(request?.attributes['outrigger.attempts'], 2)
  assert.equal(request?.statusCode, 0)
  assert.ok(!(await spansOf(idOf(4), 3)).some(({ events }) => events.some(({ name }) => name === 'outrigger.breaker')))
  world.setFaults([])
})

test('traces: what is refused before it is read has its span too', async () => {
  await fetch(`${world.relay.url}/v1/chat/completions`, {
    method: 'POST',
    body: '{',
    headers: { traceparent: parentOf(idOf(6)) },
  })
  await fetch(`${world.relay.url}/nowhere`, { method: 'POST', headers: { traceparent: parentOf(idOf(7)) } })
  const [bad] = await spansOf(idOf(6), 1)
  assert.equal(bad?.kind, server)
  assert.equal(bad?.attributes['http.response.status_code'], 400)
  assert.equal(bad?.attributes['error.type'], 'invalid_json')
  assert.equal(bad?.statusCode, 0, 'the client’s mistake is no error of the server')
  const [unknown] = await spansOf(idOf(7), 1)
  assert.equal(unknown?.name, 'POST', 'a path that leads nowhere is no name')
  await ask(idOf(8), { model: 'unknown' })
  const [unplanned] = await spansOf(idOf(8), 1)
  assert.equal(unplanned?.attributes['error.type'], 'model_not_found')
})

test('traces: a client that does not want to be traced is not, and the provider is told so', async () => {
  await ask(idOf(9), {}, { traceparent: `00-${idOf(9)}-${parentId}-00` })
  assert.match(world.mock.calls().at(-1)?.headers['traceparent'] ?? '', new RegExp(`^00-${idOf(9)}-[0-9a-f]{16}-00$`))
  await ask(idOf(10))
  await spansOf(idOf(10), 2)
  assert.equal(receiver.spans().filter((span) => span.traceId === idOf(9)).length, 0)
})

test('traces: a context that cannot be read begins a new trace', async () => {
  const before = receiver.spans().length
  await ask(idOf(11), {}, { traceparent: 'nonsense' })
  for (let waited = 0; waited < 5000 && receiver.spans().length < before + 2; waited += 20)
    await new Promise((resolve) => setTimeout(resolve, 20))
  const [request] = byKind(receiver.spans().slice(before))
  assert.equal(request.parentSpanId, '')
  assert.match(request.traceId, /^[0-9a-f]{32}$/)
})

test('traces: a reload switches them off and on, and takes the share', async () => {
  const yaml = readFileSync(world.relay.configPath, 'utf8')
  const off = yaml.replace(/telemetry:.*\n/, '')
  await reload(off)
  await ask(idOf(12))
  assert.equal(world.mock.calls().at(-1)?.headers['traceparent'], undefined)
  await reload(yaml.replace(/telemetry:.*\n/, `telemetry: { otlp: "${receiver.url}", sample: 0% }\n`))
  const openai = new OpenAI({ baseURL: `${world.relay.url}/v1`, apiKey: 'none', maxRetries: 0 })
  const before = receiver.spans().length
  await openai.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] })
  assert.match(world.mock.calls().at(-1)?.headers['traceparent'] ?? '', /-00$/)
  await ask(idOf(13))
  await spansOf(idOf(13), 2)
  assert.equal(receiver.spans().length, before + 2)
  assert.equal(receiver.spans().filter((span) => span.traceId === idOf(12)).length, 0)
})

test('traces: captured content is there once it is asked for, and the answer’s facts always', async () => {
  const yaml = readFileSync(world.relay.configPath, 'utf8')
  await reload(yaml.replace(/telemetry:.*\n/, `telemetry: { otlp: "${receiver.url}", capture_content: true }\n`))
  for (const [number, stream] of [
    [14, false],
    [15, true],
  ] as const) {
    await ask(idOf(number), { stream })
    const [, attempt] = byKind(await spansOf(idOf(number), 2))
    assert.deepEqual(JSON.parse(String(attempt.attributes['gen_ai.input.messages'])), [
      { role: 'user', parts: [{ type: 'text', content: 'a secret of the client' }] },
    ])
    const answers = asArray(JSON.parse(String(attempt.attributes['gen_ai.output.messages']))).map(asObject)
    assert.deepEqual(
      answers.map(({ role, finish_reason }) => [role, finish_reason]),
      [['assistant', 'stop']],
    )
    assert.match(String(asObject(asArray(answers[0]?.['parts'])[0])['content']), /You said: "a secret of the client"/)
    assert.deepEqual(attempt.attributes['gen_ai.response.finish_reasons'], ['stop'])
    assert.match(String(attempt.attributes['gen_ai.response.id']), /./)
    assert.match(String(attempt.attributes['gen_ai.response.model']), /^(claude|gpt)-/)
  }
})

async function reload(yaml: string): Promise<void> {
  const count = world.relay.log().split('config reloaded').length
  writeFileSync(world.relay.configPath, yaml)
  world.relay.process.kill('SIGHUP')
  for (let waited = 0; waited < 10_000; waited += 20) {
    if (world.relay.log().split('config reloaded').length > count) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.fail('not reloaded')
}

function byKind(spans: readonly ReceivedSpan[]): readonly [ReceivedSpan, ReceivedSpan] {
  const request = spans.find((span) => span.kind === server)
  const attempt = spans.find((span) => span.kind === client)
  assert.ok(request !== undefined && attempt !== undefined)
  return [request, attempt]
}

function pick(span: ReceivedSpan, names: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(names.map((name) => [name, span.attributes[name]]))
}
