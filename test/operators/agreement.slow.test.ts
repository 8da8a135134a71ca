import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asArray, asObject, asString, parseJson } from '#lib/json.ts'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts'

const requests = 10_000
const lanes = 40

const yaml = (otlp: string): string => `models:
  smart: { targets: [anthropic/claude-opus-5-5, openai/gpt-4.1, gemini/gemini-2.5-flash] }
  fast: { strategy: latency, targets: [gemini/gemini-2.5-flash, openai/gpt-4.1-mini] }
  cheap: { strategy: cost, targets: [openai/gpt-4.1-mini, anthropic/claude-haiku-4-5] }
  doomed: { targets: [gemini/gemini-2.0-flash] }
hedge: { after: 80ms, at_most: 20% }
breaker: { consecutive_errors: 4, open_for: 200ms }
retry: { backoff: { base: 1ms, max: 5ms } }
timeouts: { first_token: 1s, idle: 1s }
health: { probe: off }
cache: { ttl: 10m }
telemetry: { otlp: "${otlp}" }
`

const faults = [
  { kind: 'error', status: 503, rate: 0.04 },
  { kind: 'error', status: 500, rate: 0.02 },
  { kind: 'error', status: 502, when: { model: 'gemini-2.0-flash' }, rate: 0.9 },
  { kind: 'rate_limit', rate: 0.01 },
  { kind: 'reset', rate: 0.02 },
  { kind: 'cut', after: 1, rate: 0.03 },
  // Of a target without another behind it, so that some streams end before their time.
  { kind: 'cut', after: 1, when: { model: 'o3' }, rate: 0.3 },
  { kind: 'malformed_event', rate: 0.02 },
  { kind: 'empty_content', rate: 0.01 },
  { kind: 'html_200', rate: 0.01 },
  { kind: 'context_length', rate: 0.01 },
  { kind: 'slow_first_token', delay: '150ms', rate: 0.02 },
]

let receiver: OtlpReceiver
let world: MockRelay
let metrics = ''
let lines: readonly Readonly<Record<string, unknown>>[] = []
let spans: readonly ReceivedSpan[] = []

before(async () => {
  receiver = await startOtlpReceiver()
  world = await startMockRelay(yaml(receiver.url))
  world.setFaults(faults, 11)
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < requests) await ask(next++)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  await settled()
  metrics = await (await fetch(`${world.relay.adminUrl}/metrics`)).text()
  // The end of the process sends what is still waiting.
  await world.close()
  lines = world.relay
    .log()
    .split('\n')
    .flatMap((line) => {
      const parsed = parseJson(line)
      return parsed.ok ? [asObject(parsed.value)] : []
    })
  spans = receiver.spans()
})
after(async () => receiver?.close())

const models = ['smart', 'smart', 'fast', 'cheap', 'doomed', 'smart', 'fast', 'cheap', 'openai/o3', 'unknown'] as const

/** Mixed by the number alone: dialects, streams, whole answers, repeated questions, mistakes, clients that leave. */
async function ask(number: number): Promise<void> {
  const stream = number % 3 === 0
  const model = models[number % models.length] ?? 'smart'
  // Some ask what was asked before, which the cache has.
  const text = `question ${number % 7 === 0 ? number % 70 : number}`
  const { path, body } = requestOf(number % 4, { model, stream, text })
  const leaves = number % 97 === 0
  const signal = leaves ? AbortSignal.timeout(number % 5) : null
  const sent = number % 101 === 0 ? '{' : JSON.stringify(body)
  try {
    const response = await fetch(world.relay.url + path, { method: 'POST', body: sent, signal })
    await response.arrayBuffer()
  } catch {
    // It left, or its answer was cut off.
  }
}

type Question = { readonly model: string; readonly stream: boolean; readonly text: string }

function requestOf(dialect: number, { model, stream, text }: Question): { readonly path: string; readonly body: object } {
  const messages = [{ role: 'user', content: text }]
  switch (dialect) {
    case 0:
      return { path: '/v1/chat/completions', body: { model, stream, messages } }
    case 1:
      return { path: '/v1/responses', body: { model, stream, input: text } }
    case 2:
      return { path: '/v1/messages', body: { model, stream, max_tokens: 100, messages } }
    default: {
      const method = stream ? 'streamGenerateContent?alt=sse' : 'generateContent'
      return { path: `/v1beta/models/${model}:${method}`, body: { contents: [{ role: 'user', parts: [{ text }] }] } }
    }
  }
}

/** Waits until nothing is under way any more, of clients that left neither. */
async function settled(): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 100) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    const text = await (await fetch(`${world.relay.adminUrl}/metrics`)).text()
    if (/^outrigger_in_flight 0$/m.test(text)) return
  }
  assert.fail('requests are still under way')
}

type Counts = Readonly<Record<string, number>>

function countBy<T>(items: readonly T[], keyOf: (item: T) => string, amount: (item: T) => number = () => 1): Counts {
  const counts: Record<string, number> = {}
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + amount(item)
  return sorted(counts)
}

function sorted(counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).toSorted(([left], [right]) => (left < right ? -1 : 1)))
}

/** The series of a metric, summed up by some of its labels. */
function metric(name: string, ...labels: readonly string[]): Counts {
  const series = [...metrics.matchAll(new RegExp(`^outrigger_${name}\\{(.*)\\} (\\S+)$`, 'gm'))]
  const label = (text: string, wanted: string): string => new RegExp(`(?:^|,)${wanted}="([^"]*)"`).exec(text)?.[1] ?? ''
  return countBy(
    series,
    ([, text = '']) => labels.map((wanted) => label(text, wanted)).join(' | '),
    ([, , value]) => Number(value),
  )
}

/** Models that clients name have one label in the metrics, and their own name elsewhere. */
const told = (holder: Readonly<Record<string, unknown>>, ...names: readonly string[]): string =>
  names.map((name) => String(holder[name] ?? '').replace(/^openai\/o3$/, 'openai/*')).join(' | ')

const accessLines = (): readonly Readonly<Record<string, unknown>>[] =>
  lines.filter(({ message }) => message === 'request finished' || message === 'request refused')
const servers = (): readonly ReceivedSpan[] => spans.filter(({ kind }) => kind === 2)
const attempts = (): readonly ReceivedSpan[] => spans.filter(({ kind }) => kind === 3)

test('agreement: requests by route, dialect, target, outcome and status', () => {
  const counted = metric('requests_total', 'route', 'dialect', 'target', 'outcome', 'status')
  const logged = countBy(accessLines(), (line) => {
    const outcome = line['message'] === 'request refused' ? 'rejected' : line['outcome']
    return told({ ...line, outcome }, 'route', 'dialect', 'target', 'outcome', 'status')
  })
  const traced = countBy(servers(), ({ attributes }) =>
    told(
      attributes,
      'outrigger.route',
      'outrigger.dialect',
      'outrigger.target',
      'outrigger.outcome',
      'http.response.status_code',
    ),
  )
  assert.deepEqual(logged, counted, 'the log and the metrics')
  assert.deepEqual(traced, counted, 'the traces and the metrics')
  const total = Object.values(counted).reduce((sum, count) => sum + count, 0)
  // A client may leave before its request was read: nothing is told of that.
  assert.ok(total <= requests && total > requests * 0.985, `${total} of ${requests}`)
  const outcomes = Object.keys(metric('requests_total', 'outcome'))
  assert.deepEqual(outcomes, ['cancelled', 'failed', 'ok', 'recovered', 'rejected', 'truncated'])
})

test('agreement: attempts by target and outcome', () => {
  const counted = metric('attempts_total', 'target', 'outcome')
  const logged = accessLines().flatMap((line) => asArray(line['attempts']).map(asObject))
  assert.deepEqual(
    countBy(logged, (attempt) => told(attempt, 'target', 'outcome')),
    counted,
    'the log and the metrics',
  )
  const traced = countBy(attempts(), ({ attributes }) => told(attributes, 'outrigger.target', 'outrigger.outcome'))
  assert.deepEqual(traced, counted, 'the traces and the metrics')
  assert.ok(Object.keys(metric('attempts_total', 'outcome')).length >= 7, 'faults of many kinds')
})

test('agreement: failovers by route, place and reason', () => {
  const counted = metric('failovers_total', 'route', 'from', 'to', 'reason')
  const logged = countBy(
    lines.filter(({ message }) => message === 'failover'),
    (line) => told(line, 'route', 'from', 'to', 'reason'),
  )
  const traced = countBy(
    servers().flatMap(({ events, attributes }) =>
      events.flatMap((event) => (event.name === 'outrigger.failover' ? [{ ...attributes, ...event.attributes }] : [])),
    ),
    (event) => told(event, 'outrigger.route', 'outrigger.from', 'outrigger.to', 'outrigger.reason'),
  )
  assert.deepEqual(logged, counted, 'the log and the metrics')
  assert.deepEqual(traced, counted, 'the traces and the metrics')
  assert.ok(Object.keys(counted).length > 5)
})

test('agreement: streams by how they ended', () => {
  const counted = metric('stream_outcomes_total', 'dialect', 'target', 'outcome')
  const logged = countBy(
    accessLines().filter(({ stream }) => typeof stream === 'string'),
    (line) => told(line, 'dialect', 'target', 'stream'),
  )
  const traced = countBy(
    servers().filter(({ attributes }) => attributes['outrigger.stream_outcome'] !== undefined),
    ({ attributes }) => told(attributes, 'outrigger.dialect', 'outrigger.target', 'outrigger.stream_outcome'),
  )
  assert.deepEqual(logged, counted, 'the log and the metrics')
  assert.deepEqual(traced, counted, 'the traces and the metrics')
})

test('agreement: tokens of attempts, costs of answers, breakers that opened, answers of the cache', () => {
  const tokens = metric('tokens_total', 'target', 'type')
  const typed = (type: string, name: string): Counts =>
    countBy(
      attempts().filter(({ attributes }) => attributes[name] !== undefined),
      ({ attributes }) => `${told(attributes, 'outrigger.target')} | ${type}`,
      ({ attributes }) => Number(attributes[name]),
    )
  const traced = { ...typed('input', 'gen_ai.usage.input_tokens'), ...typed('output', 'gen_ai.usage.output_tokens') }
  const plain = Object.entries(tokens).filter(([name]) => /(input|output)$/.test(name))
  assert.deepEqual(sorted(traced), sorted(Object.fromEntries(plain)))

  const sum = (counts: Counts): number => Object.values(counts).reduce((total, usd) => total + usd, 0)
  const counted = sum(metric('cost_usd_total', 'route'))
  assert.ok(counted > 0)
  // The three add the same costs up in another order, and the last digits differ for it.
  const agrees = (usd: number, by: string): void =>
    assert.ok(Math.abs(usd - counted) < 2e-6, `${by} have ${usd} USD, the metrics ${counted} USD`)
  const none = (): string => ''
  agrees(sum(countBy(accessLines(), none, (line) => Number(line['cost_usd'] ?? 0))), 'the access lines')
  agrees(sum(countBy(servers(), none, ({ attributes }) => Number(attributes['outrigger.cost_usd'] ?? 0))), 'the traces')

  const opened = lines.filter(({ message, to }) => asString(message)?.startsWith('breaker') === true && to === 'open').length
  const openedEvents = attempts().flatMap(({ events }) =>
    events.filter(({ name, attributes }) => name === 'outrigger.breaker' && attributes['outrigger.breaker.to'] === 'open'),
  ).length
  assert.equal(openedEvents, opened)
  assert.ok(opened > 0)

  const hits = metric('cache_requests_total', 'result')['hit'] ?? 0
  assert.ok(hits > 0)
  assert.equal(accessLines().filter(({ cache }) => cache === 'hit').length, hits)
  assert.equal(servers().filter(({ attributes }) => attributes['outrigger.cache'] === 'hit').length, hits)
})

test('agreement: every attempt hangs below its request, every line has its trace', () => {
  const roots = new Map(servers().map((span) => [span.spanId, span]))
  assert.equal(roots.size, servers().length)
  for (const span of attempts()) assert.equal(roots.get(span.parentSpanId)?.traceId, span.traceId)
  const traces = new Map(servers().map((span) => [span.attributes['outrigger.request_id'], span.traceId]))
  for (const line of accessLines()) assert.equal(traces.get(line['request_id']), line['trace_id'])
})
