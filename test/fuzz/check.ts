import assert from 'node:assert/strict'
import type { AnswerEvent, Usage } from '#canonical/answer.ts'
import type { Failure } from '#canonical/failure.ts'
import type { DialectName, Json, Request } from '#canonical/request.ts'
import type { ClientCall, DecodeContext, EncodeTarget } from '#dialect/dialect.ts'
import { dialectByName, dialects, providerDialect } from '#dialect/registry.ts'
import { parseSse, type SseFrame } from '#framing/sse-parse.ts'
import { parseJson } from '#lib/json.ts'
import { claudeTraits } from '#provider/shared/claude-traits.ts'
import { plainRequest } from '../conformance/round-trip/plain-request.ts'
import type { Random } from './random.ts'
import type { ProviderName } from './seeds.ts'

const vendors: Readonly<Record<ProviderName, string>> = {
  'openai-chat': 'openai',
  'openai-responses': 'openai',
  'openai-completions': 'openai',
  anthropic: 'anthropic',
  gemini: 'gemini',
  'bedrock-converse': 'bedrock',
}
const providers = Object.keys(vendors).filter((name): name is ProviderName => name in vendors)

/** Models of several generations: each is written for in another way. */
const models: readonly [string, ...string[]] = ['claude-opus-5-5', 'claude-sonnet-4-5', 'claude-3-haiku']

function targetOf(dialect: ProviderName, random: Random): EncodeTarget {
  const model = random.pick(models)
  return { model, quirks: { vendor: vendors[dialect] }, traits: claudeTraits(model) }
}

const kinds = new Set(
  `network timeout rate_limit overloaded server malformed context_length content_filter auth billing not_found
   invalid_request unsupported cancelled`.split(/\s+/),
)

/** A failure says what it is in words that can go to a caller. */
function checkFailure(failure: Failure): void {
  assert.ok(kinds.has(failure.kind), failure.kind)
  assert.equal(typeof failure.message, 'string')
  assert.ok(failure.message.length < 20_000, `${failure.message.length} characters of message`)
  const { retryAfterMs } = failure
  assert.ok(retryAfterMs === undefined || (Number.isFinite(retryAfterMs) && retryAfterMs >= 0), `${retryAfterMs}`)
  for (const dialect of dialects) {
    const { status, body } = dialect.encodeError({ ...failure, code: failure.code ?? failure.kind, requestId: 'r' })
    assert.ok(status >= 400 && status < 600, `${status}`)
    JSON.parse(JSON.stringify(body))
  }
}

/** What is charged and counted by: whole numbers, and no part larger than its whole. */
function checkUsage(usage: Usage | undefined): void {
  if (usage === undefined) return
  const { estimated: _estimated, ...counts } = usage
  const told = JSON.stringify(usage)
  for (const count of Object.values(counts)) assert.ok(Number.isFinite(count) && count >= 0, told)
  assert.ok(usage.cacheRead + usage.cacheWrite <= usage.input && usage.reasoning <= usage.output, told)
  assert.ok((usage.cacheWrite1h ?? 0) <= usage.cacheWrite, told)
}

/** A client's body: it is refused with the field at fault, or can be written for every provider. */
export function checkRequest(dialect: DialectName, path: string, body: Json, random: Random): void {
  const [file = '', query = ''] = path.split('?')
  const pathModel = /models\/([^:]+):/.exec(file)?.[1]
  const call: ClientCall = {
    path: file,
    query: new URLSearchParams(query),
    headers: {},
    body,
    ...(pathModel === undefined ? {} : { pathModel }),
  }
  const decoded = dialectByName(dialect).decodeRequest(call)
  if (!decoded.ok) {
    checkFailure(decoded.error)
    assert.ok(decoded.error.kind === 'invalid_request' || decoded.error.kind === 'unsupported', decoded.error.kind)
    return
  }
  for (const name of providers) checkWritten(name, decoded.value, random)
}

function checkWritten(name: ProviderName, request: Request, random: Random): void {
  const target = targetOf(name, random)
  const { encodeRequest, passthrough } = providerDialect(name)
  const written = encodeRequest(request, target)
  assert.ok(written.path.startsWith('/'), written.path)
  assert.equal(typeof JSON.stringify(written.body), 'string')
  if (passthrough !== undefined && name === request.dialect)
    assert.equal(typeof JSON.stringify(passthrough.encodeRequest(request, target).body), 'string')
}

function contextOf(dialect: ProviderName, random: Random): DecodeContext {
  return { request: plainRequest('openai-chat'), target: targetOf(dialect, random) }
}

const answering = { requestId: 'r1', nowSeconds: 1 }

/** A provider's whole answer: a failure, or an answer that every client can be given. */
export function checkAnswer(dialect: ProviderName, body: unknown, random: Random): void {
  const { decodeAnswer, passthrough } = providerDialect(dialect)
  const context = contextOf(dialect, random)
  const decoded = decodeAnswer(body, context)
  if (!decoded.ok) return checkFailure(decoded.error)
  assert.ok(decoded.value.candidates.length > 0)
  checkUsage(decoded.value.usage)
  for (const client of dialects) {
    const written = client.encodeAnswer(decoded.value, { ...answering, request: plainRequest(client.name) })
    JSON.parse(JSON.stringify(written))
  }
  if (passthrough?.answer !== undefined && typeof body === 'object' && body !== null)
    passthrough.answer({ ...body }, context.request, context.target)
}

/** A provider's error, JSON or not. */
export function checkError(dialect: ProviderName, status: number, text: string): void {
  const { decodeError } = providerDialect(dialect)
  for (const headers of [{}, { 'content-type': 'application/json', 'retry-after': text.slice(0, 30) }])
    checkFailure(decodeError(status, headers, text))
}

/** Calls without an id get one, which is another each time. */
function withoutMadeIds(events: readonly AnswerEvent[], frames: readonly SseFrame[]): readonly AnswerEvent[] {
  const isMade = (id: string): boolean => !frames.some(({ data }) => data.includes(JSON.stringify(id)))
  return events.map((event) =>
    event.kind === 'part_start' && event.type === 'tool_call' && isMade(event.id) ? { ...event, id: 'made' } : event,
  )
}

/** A provider's stream in packets of any length: its events keep the rules, and every client's encoder can write them. */
export function checkStream(dialect: ProviderName, frames: readonly SseFrame[], random: Random): void {
  const { decodeStream, passthrough } = providerDialect(dialect)
  const context = contextOf(dialect, random)
  const events: AnswerEvent[] = []
  const decoder = decodeStream((event) => events.push(event), context)
  const short: AnswerEvent[] = []
  const shortcut = decodeStream((event) => short.push(event), context)
  for (const frame of frames) {
    decoder.frame(frame)
    if (shortcut.alike?.(frame) !== true) shortcut.frame(frame)
    passthrough?.frame(frame, context.request, context.target)
  }
  decoder.end()
  shortcut.end()
  assert.deepEqual(
    withoutMadeIds(short, frames),
    withoutMadeIds(events, frames),
    'read by the shape of its frames, the stream says something else',
  )
  const told = untilClosed(events)
  checkRules(told)
  const wellKept = { ...plainRequest('gemini'), framing: 'json-array' } as const
  for (const client of dialects) {
    for (const request of client.name === 'gemini' ? [plainRequest('gemini'), wellKept] : [plainRequest(client.name)]) {
      const encode = client.encodeStream({ ...answering, request })
      const text = told.map(encode).join('')
      if (request.framing === 'json-array') JSON.parse(text)
      else checkFrames(text)
    }
  }
}

/** The bytes as frames, cut into packets. */
export function framesOf(wire: Buffer, random: Random): readonly SseFrame[] {
  const frames: SseFrame[] = []
  const parser = parseSse((frame) => frames.push(frame))
  for (let at = 0; at < wire.length; ) {
    const length = 1 + random.below(2000)
    parser.push(wire.subarray(at, at + length))
    at += length
  }
  parser.end()
  return frames
}

/** Whoever reads events stops at the first that closes. */
function untilClosed(events: readonly AnswerEvent[]): readonly AnswerEvent[] {
  const closed = events.findIndex(({ kind }) => kind === 'end' || kind === 'failure')
  assert.ok(closed >= 0, 'a stream is closed by end or failure')
  return events.slice(0, closed + 1)
}

function checkRules(events: readonly AnswerEvent[]): void {
  const open = new Set<string>()
  const parts = new Map<number, number>()
  const finished = new Set<number>()
  let started = false
  for (const event of events) {
    if (event.kind === 'failure') checkFailure(event.failure)
    if (event.kind === 'usage' || event.kind === 'start') checkUsage(event.usage)
    if (event.kind === 'start') {
      assert.ok(!started, 'start comes once')
      started = true
    }
    if (!('candidate' in event)) continue
    assert.ok(started, 'start comes first')
    assert.ok(!finished.has(event.candidate), 'nothing follows a finish')
    if (event.kind === 'finish') finished.add(event.candidate)
    else checkPart(event, open, parts)
  }
  if (events.at(-1)?.kind === 'end')
    assert.ok(started && open.size === 0, 'an answer that ends was begun, and its parts have ended')
}

type PartEvent = Exclude<Extract<AnswerEvent, { readonly candidate: number }>, { readonly kind: 'finish' }>

function checkPart(event: PartEvent, open: Set<string>, parts: Map<number, number>): void {
  const { candidate, part } = event
  const key = `${candidate}.${part}`
  if (event.kind === 'part_start' || event.kind === 'part_whole') {
    assert.equal(part, parts.get(candidate) ?? 0, 'part numbers count up from 0')
    parts.set(candidate, part + 1)
    if (event.kind === 'part_start') open.add(key)
    return
  }
  assert.ok(open.has(key), `${event.kind} lies between start and end`)
  if (event.kind === 'part_end') open.delete(key)
}

function checkFrames(text: string): void {
  const parser = parseSse(({ data }) => {
    assert.ok(data === '[DONE]' || parseJson(data).ok, data)
  })
  parser.push(Buffer.from(text))
  parser.end()
}
