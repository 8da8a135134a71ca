import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { asArray, asObject, asString } from '#lib/json.ts'
import { listenLocally } from './listen.ts'

/** What the wall says when nothing is wrong: 60 words. */
export const answer = Array.from({ length: 60 }, (_, at) => `word${at + 1}`).join(' ')
const words = answer.split(' ')

/** How long the wall's faults last, in milliseconds. */
export type WallTimes = { readonly slowMs: number; readonly downMs: number }

/** A call that reached the wall. */
export type WallCall = {
  readonly model: string
  /** By the monotonic clock. */
  readonly atMs: number
  readonly told: string
  /** The role of the last message: `assistant` when the answer was to be continued by prefill. */
  readonly lastRole: string
}

export type Wall = {
  readonly url: string
  /** Calls that asked for models of this name, in order. */
  readonly calls: (model: string) => readonly WallCall[]
  /** When the wall began: `flap` models are down until `downMs` later. */
  readonly startedMs: number
  readonly close: () => Promise<void>
}

type Call = {
  readonly model: string
  readonly fault: string
  /** 1 for the first call of this model. */
  readonly attempt: number
  readonly stream: boolean
  readonly usage: boolean
  readonly lastRole: string
  readonly lastText: string
}

const apiError = (message: string, type: string, code: string | null): string =>
  JSON.stringify({ error: { message, type, code, param: null } })

type Refusal = { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }

/**
 * A provider that speaks OpenAI Chat and goes wrong in the way that the model's name says: `cut-17` is cut. The same
 * sixteen faults as in the public suite failoverbench, whose catalogue tells what is right for each.
 */
export async function startWall(times: WallTimes): Promise<Wall> {
  const seen: WallCall[] = []
  const startedMs = performance.now()
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') return json(response, { status: 200, body: '{"object":"list","data":[]}' })
    const call = readCall(await textOf(request), seen)
    const down = performance.now() - startedMs < times.downMs
    const refused = refusal(call, down)
    const told = refused === undefined ? '200' : String(refused.status)
    seen.push({ model: call.model, atMs: performance.now(), told, lastRole: call.lastRole })
    if (refused !== undefined) return json(response, refused)
    if (call.fault === 'reset-once' && call.attempt === 1) return request.socket.resetAndDestroy()
    if (call.fault === 'silent') return
    if (!call.stream) return await whole(response, call, times)
    await stream(response, call, times)
  })
  const port = await listenLocally(server)
  return {
    url: `http://127.0.0.1:${port}`,
    calls: (model) => seen.filter((call) => call.model === model),
    startedMs,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

function readCall(text: string, seen: readonly WallCall[]): Call {
  const body = asObject(JSON.parse(text))
  const model = asString(body['model']) ?? ''
  const last = asObject(asArray(body['messages']).at(-1))
  return {
    model,
    fault: model.replace(/-[a-z]+$/, ''),
    attempt: seen.filter((call) => call.model === model).length + 1,
    stream: body['stream'] === true,
    usage: asObject(body['stream_options'])['include_usage'] === true,
    lastRole: asString(last['role']) ?? '',
    lastText: asString(last['content']) ?? '',
  }
}

function refusal({ fault, attempt, lastRole }: Call, down: boolean): Refusal | undefined {
  const overloaded = { status: 503, body: apiError('The engine is currently overloaded.', 'server_error', 'overloaded') }
  const limited = { status: 429, body: apiError('Rate limit reached.', 'rate_limit_error', 'rate_limit_exceeded') }
  switch (fault) {
    case 'limited-once':
      return attempt === 1 ? { ...limited, headers: { 'retry-after': '2' } } : undefined
    case 'limited':
      return limited
    case 'error-once':
      return attempt === 1 ? { status: 500, body: apiError('The server had an error.', 'server_error', null) } : undefined
    case 'overloaded':
      return overloaded
    case 'flap':
      return down ? overloaded : undefined
    case 'too-long': {
      const message = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9631 tokens."
      return { status: 400, body: apiError(message, 'invalid_request_error', 'context_length_exceeded') }
    }
    case 'filtered': {
      const message = 'Your request was rejected as a result of our safety system.'
      return { status: 400, body: apiError(message, 'invalid_request_error', 'content_policy_violation') }
    }
    case 'no-prefill': {
      const message = 'This model does not support assistant message prefill. The conversation must end with a user message.'
      return lastRole === 'assistant'
        ? { status: 400, body: apiError(message, 'invalid_request_error', 'invalid_prefill') }
        : undefined
    }
    default:
      return undefined
  }
}

function json(response: ServerResponse, { status, body, headers = {} }: Refusal): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(body)
}

/** A prefilled answer goes on where it was; who is asked in words begins again, as real models often do. */
function wordsFor({ lastRole, lastText }: Call): readonly string[] {
  const said = lastText.trim()
  return lastRole === 'assistant' && answer.startsWith(said) ? answer.slice(said.length).trim().split(' ') : words
}

const usageOf = (count: number): object => ({ prompt_tokens: 20, completion_tokens: count, total_tokens: 20 + count })

async function whole(response: ServerResponse, call: Call, { slowMs }: WallTimes): Promise<void> {
  const said = wordsFor(call)
  const body = JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: call.model,
    choices: [{ index: 0, message: { role: 'assistant', content: said.join(' ') }, finish_reason: 'stop' }],
    usage: usageOf(said.length),
  })
  if (call.fault === 'slow') await sleep(slowMs)
  if (call.fault === 'malformed') return json(response, { status: 200, body: `${body.slice(0, body.length / 2)}"oops` })
  if (call.fault !== 'cut' && call.fault !== 'stall') return json(response, { status: 200, body })
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(body.length) })
  response.write(call.fault === 'cut' ? body.slice(0, 0.6 * body.length) : '')
  if (call.fault === 'cut') setTimeout(() => response.destroy(), 20)
}

async function stream(response: ServerResponse, call: Call, { slowMs }: WallTimes): Promise<void> {
  const { fault, model } = call
  const send = (fields: object): boolean =>
    response.write(
      `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model, ...fields })}\n\n`,
    )
  const delta = (content: object, finish: string | null = null): boolean =>
    send({ choices: [{ index: 0, delta: content, finish_reason: finish }] })
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  response.flushHeaders()
  if (fault === 'slow') await sleep(slowMs)
  delta({ role: 'assistant', content: '' })
  const said = wordsFor(call)
  for (const [at, word] of said.entries()) {
    if (fault === 'cut' && at === 40) return void response.destroy()
    if (fault === 'stall' && at === 20) return
    if (fault === 'malformed' && at === 9) response.write('data: {"id": "chatcmpl-1", "choices": [{"delta": {"content": \n\n')
    delta({ content: at > 0 || said.length < words.length ? ` ${word}` : word })
    await sleep(1)
  }
  delta({}, 'stop')
  if (call.usage) send({ choices: [], usage: usageOf(said.length) })
  if (fault !== 'no-done') response.write('data: [DONE]\n\n')
  response.end()
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
