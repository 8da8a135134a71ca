import { Agent, request as send } from 'node:http'
import { parseSse } from '#framing/sse-parse.ts'
import { asArray, asObject, asString, type JsonObject, parseJson } from '#lib/json.ts'
import type { Asked, ClientDialect } from '../support/askers.ts'

/** Questions without an SDK: a thousand callers in one process must not be slower than the relay. */
export type PlainQuestion = {
  readonly dialect: ClientDialect
  readonly stream: boolean
  readonly model: string
  readonly prompt?: string
}

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
const mostMs = 60_000

/** Asks one question and reads the answer as its dialect tells it; never rejects. */
export async function plainAsk(url: string, question: PlainQuestion): Promise<Asked> {
  const startedMs = performance.now()
  const answer = await post(`${url}${pathOf(question)}`, JSON.stringify(bodyOf(question)))
  const ms = performance.now() - startedMs
  const nothing = { text: '', finish: '', model: '', outputTokens: 0, ms }
  if (answer.status !== 200) return { ...nothing, error: { status: answer.status, message: answer.text.slice(0, 300) } }
  const read = reader(question.dialect)
  if (question.stream) {
    const parser = parseSse(({ data }) => data !== '[DONE]' && read.take(objectOf(data)))
    parser.push(Buffer.from(answer.text))
    parser.end()
  } else read.take(objectOf(answer.text))
  const { error, ...told } = read.told()
  return { ...nothing, ...told, ...(error === undefined ? {} : { error: { status: 200, message: error } }) }
}

function pathOf({ dialect, stream, model }: PlainQuestion): string {
  switch (dialect) {
    case 'chat':
      return '/v1/chat/completions'
    case 'responses':
      return '/v1/responses'
    case 'messages':
      return '/v1/messages'
    case 'gemini':
      return `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`
  }
}

function bodyOf({ dialect, stream, model, prompt = 'Write 60 words.' }: PlainQuestion): JsonObject {
  switch (dialect) {
    case 'chat':
      return { model, stream, messages: [{ role: 'user', content: prompt }] }
    case 'responses':
      return { model, stream, input: prompt, store: false }
    case 'messages':
      return { model, stream, max_tokens: 1000, messages: [{ role: 'user', content: prompt }] }
    case 'gemini':
      return { contents: [{ role: 'user', parts: [{ text: prompt }] }] }
  }
}

type Told = { text: string; finish: string; error?: string }
type Reader = { readonly take: (body: JsonObject) => void; readonly told: () => Told }

/** Reads whole answers and events of streams alike: the fields of one are not in the other. */
function reader(dialect: ClientDialect): Reader {
  const told: Told = { text: '', finish: '' }
  const take = takers[dialect]
  return { take: (body) => take(body, told), told: () => told }
}

const takers: Readonly<Record<ClientDialect, (body: JsonObject, told: Told) => void>> = {
  chat(body, told) {
    if (body['error'] !== undefined) told.error = JSON.stringify(body['error'])
    const choice = asObject(asArray(body['choices'])[0])
    told.text += asString(asObject(choice['delta'] ?? choice['message'])['content']) ?? ''
    told.finish = asString(choice['finish_reason']) ?? told.finish
  },
  responses(body, told) {
    const type = asString(body['type'])
    if (type === 'error' || type === 'response.failed') told.error = JSON.stringify(body)
    if (type === 'response.output_text.delta') told.text += asString(body['delta']) ?? ''
    if (type === undefined) {
      for (const item of asArray(body['output']).map(asObject))
        told.text += asString(asObject(asArray(item['content'])[0])['text']) ?? ''
    }
    const status = asString(asObject(type === undefined ? body : body['response'])['status'])
    if (status !== undefined && status !== 'in_progress') told.finish = status
  },
  messages(body, told) {
    if (body['type'] === 'error') told.error = JSON.stringify(body)
    told.text += asString(asObject(body['delta'])['text']) ?? ''
    for (const block of asArray(body['content']).map(asObject)) told.text += asString(block['text']) ?? ''
    told.finish = asString(body['stop_reason'] ?? asObject(body['delta'])['stop_reason']) ?? told.finish
  },
  gemini(body, told) {
    if (body['error'] !== undefined) told.error = JSON.stringify(body['error'])
    const candidate = asObject(asArray(body['candidates'])[0])
    for (const part of asArray(asObject(candidate['content'])['parts']).map(asObject)) told.text += asString(part['text']) ?? ''
    told.finish = asString(candidate['finishReason']) ?? told.finish
  },
}

function objectOf(text: string): JsonObject {
  const parsed = parseJson(text)
  return asObject(parsed.ok ? parsed.value : undefined)
}

type Answer = { readonly status: number; readonly text: string }

function post(url: string, body: string): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const failed = (error: Error): void => resolve({ status: 0, text: error.message })
  const request = send(
    url,
    { method: 'POST', agent, timeout: mostMs, headers: { 'content-type': 'application/json', authorization: 'Bearer none' } },
    (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', failed)
    },
  )
  request.on('timeout', () => request.destroy(new Error(`nothing came for ${mostMs} ms`)))
  request.on('error', failed)
  request.end(body)
  return promise
}
