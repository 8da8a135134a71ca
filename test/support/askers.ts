import Anthropic, { APIError as AnthropicError } from '@anthropic-ai/sdk'
import { ApiError as GoogleError, GoogleGenAI } from '@google/genai'
import OpenAI, { APIError as OpenAIError } from 'openai'

/** What a caller has of one question, as its vendor's SDK gives it. */
export type Asked = {
  readonly text: string
  /** The dialect's own word for why the answer ended; empty when it did not say. */
  readonly finish: string
  readonly model: string
  readonly outputTokens: number
  /** What the SDK threw. */
  readonly error?: { readonly status: number | undefined; readonly message: string }
  readonly ms: number
}

/** Asks one question; `seen` hears the text as it comes. */
export type Ask = (relayUrl: string, question: Question) => Promise<Asked>

export type Question = {
  readonly model: string
  readonly stream: boolean
  readonly prompt?: string
  readonly signal?: AbortSignal
  readonly onText?: (text: string) => void
}

type Answered = Pick<Asked, 'text' | 'finish' | 'model' | 'outputTokens'>
/** What is known when the SDK throws. */
type Growing = { -readonly [Field in keyof Answered]: Answered[Field] }

const defaultPrompt = 'Write 60 words.'

function asker(ask: (relayUrl: string, question: Question, seen: Growing) => Promise<void>): Ask {
  return async (relayUrl, question) => {
    const seen: Growing = { text: '', finish: '', model: '', outputTokens: 0 }
    const startedMs = performance.now()
    try {
      await ask(relayUrl, question, seen)
      return { ...seen, ms: performance.now() - startedMs }
    } catch (error) {
      return { ...seen, error: readError(error), ms: performance.now() - startedMs }
    }
  }
}

function readError(error: unknown): NonNullable<Asked['error']> {
  const status =
    error instanceof OpenAIError || error instanceof AnthropicError || error instanceof GoogleError ? error.status : undefined
  return { status, message: error instanceof Error ? error.message : String(error) }
}

function add(seen: Growing, text: string, { onText }: Question): void {
  seen.text += text
  if (text !== '') onText?.(text)
}

const openaiOf = (relayUrl: string): OpenAI => new OpenAI({ baseURL: `${relayUrl}/v1`, apiKey: 'none', maxRetries: 0 })
const optionsOf = ({ signal }: Question): { readonly signal?: AbortSignal } => (signal === undefined ? {} : { signal })

const chat = asker(async (relayUrl, question, seen) => {
  const messages = [{ role: 'user' as const, content: question.prompt ?? defaultPrompt }]
  const { completions } = openaiOf(relayUrl).chat
  const { model } = question
  if (!question.stream) {
    const answer = await completions.create({ model, messages }, optionsOf(question))
    const choice = answer.choices[0]
    add(seen, choice?.message.content ?? '', question)
    seen.finish = choice?.finish_reason ?? ''
    seen.model = answer.model
    seen.outputTokens = answer.usage?.completion_tokens ?? 0
    return
  }
  const params = { model, messages, stream: true as const, stream_options: { include_usage: true } }
  for await (const chunk of await completions.create(params, optionsOf(question))) {
    add(seen, chunk.choices[0]?.delta.content ?? '', question)
    seen.finish = chunk.choices[0]?.finish_reason ?? seen.finish
    seen.model = chunk.model
    seen.outputTokens = chunk.usage?.completion_tokens ?? seen.outputTokens
  }
})

const responses = asker(async (relayUrl, question, seen) => {
  const params = { model: question.model, input: question.prompt ?? defaultPrompt, store: false }
  const client = openaiOf(relayUrl).responses
  const take = (answer: OpenAI.Responses.Response): void => {
    seen.finish = answer.incomplete_details?.reason ?? answer.status ?? ''
    seen.model = answer.model
    seen.outputTokens = answer.usage?.output_tokens ?? 0
  }
  if (!question.stream) {
    const answer = await client.create(params, optionsOf(question))
    add(seen, answer.output_text, question)
    return take(answer)
  }
  for await (const event of await client.create({ ...params, stream: true }, optionsOf(question))) {
    if (event.type === 'response.output_text.delta') add(seen, event.delta, question)
    if (event.type === 'response.completed' || event.type === 'response.incomplete') take(event.response)
    if (event.type === 'response.failed') throw new Error(event.response.error?.message ?? 'response.failed')
    if (event.type === 'error') throw new Error(event.message)
  }
})

const messages = asker(async (relayUrl, question, seen) => {
  const client = new Anthropic({ baseURL: relayUrl, apiKey: 'none', maxRetries: 0 })
  const params = {
    model: question.model,
    max_tokens: 1000,
    messages: [{ role: 'user' as const, content: question.prompt ?? defaultPrompt }],
  }
  if (!question.stream) {
    const answer = await client.messages.create(params, optionsOf(question))
    add(seen, answer.content.map((block) => (block.type === 'text' ? block.text : '')).join(''), question)
    seen.finish = answer.stop_reason ?? ''
    seen.model = answer.model
    seen.outputTokens = answer.usage.output_tokens
    return
  }
  const stream = client.messages.stream(params, optionsOf(question))
  stream.on('text', (text) => add(seen, text, question))
  const answer = await stream.finalMessage()
  seen.finish = answer.stop_reason ?? ''
  seen.model = answer.model
  seen.outputTokens = answer.usage.output_tokens
})

const gemini = asker(async (relayUrl, question, seen) => {
  const { signal } = question
  const client = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: relayUrl } })
  const config = signal === undefined ? {} : { abortSignal: signal }
  const params = { model: question.model, contents: question.prompt ?? defaultPrompt, config }
  const answers = question.stream
    ? await client.models.generateContentStream(params)
    : [await client.models.generateContent(params)]
  for await (const answer of answers) {
    add(seen, answer.text ?? '', question)
    seen.finish = answer.candidates?.[0]?.finishReason ?? seen.finish
    seen.model = answer.modelVersion ?? seen.model
    seen.outputTokens = answer.usageMetadata?.candidatesTokenCount ?? seen.outputTokens
  }
})

/** By client dialect: a question through the vendor's own SDK, with its own retries off. */
export const askers = { chat, responses, messages, gemini } satisfies Record<string, Ask>

export type ClientDialect = keyof typeof askers

export const clientDialects: readonly ClientDialect[] = ['chat', 'responses', 'messages', 'gemini']

/** The word with which each dialect says that an answer came to its natural end. */
export const naturalEnd: Readonly<Record<ClientDialect, string>> = {
  chat: 'stop',
  responses: 'completed',
  messages: 'end_turn',
  gemini: 'STOP',
}
