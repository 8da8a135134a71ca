import type { Json } from '#canonical/request.ts'
import { asArray, asObject, asString } from '#lib/json.ts'

/** A call of a tool, as the client sees it. */
export type SeenToolCall = { readonly id: string; readonly name: string }

/** A client of one dialect that keeps a conversation with one tool, without any SDK. */
export type PlainClient = {
  readonly name: string
  readonly path: (model: string) => string
  /** The first question. */
  readonly ask: (text: string) => readonly Json[]
  /** `keeps: plain` drops every field that the dialect's strictest clients drop: reasoning and its signatures. */
  readonly body: (model: string, history: readonly Json[]) => Json
  readonly answerOf: (body: Json, keeps: Keeps) => readonly Json[]
  readonly callOf: (body: Json) => SeenToolCall | undefined
  readonly textOf: (body: Json) => string
  readonly result: (call: SeenToolCall, text: string) => readonly Json[]
}

export type Keeps = 'all' | 'plain'

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const tool = { name: 'get_weather', description: 'The weather in a city.' }
const list = (value: unknown): readonly Json[] => asArray(value).map(asObject)
const text = (value: unknown): string => asString(value) ?? ''

const chatMessage = (body: Json): Json => asObject(list(body['choices'])[0]?.['message'])
const chatCall = (body: Json): Json | undefined => list(chatMessage(body)['tool_calls'])[0]

const chat: PlainClient = {
  name: 'openai-chat',
  path: () => '/v1/chat/completions',
  ask: (content) => [{ role: 'user', content }],
  body: (model, messages) => ({
    model,
    messages,
    tools: [{ type: 'function', function: { ...tool, parameters } }],
    reasoning_effort: 'medium',
    max_completion_tokens: 16_000,
  }),
  answerOf(body, keeps) {
    const message = chatMessage(body)
    if (keeps === 'all') return [message]
    const calls = list(message['tool_calls']).map(({ id, type, function: fn }) => ({ id, type, function: fn }))
    return [{ role: 'assistant', content: message['content'], ...(calls.length === 0 ? {} : { tool_calls: calls }) }]
  },
  callOf(body) {
    const call = chatCall(body)
    return call === undefined ? undefined : { id: text(call['id']), name: text(asObject(call['function'])['name']) }
  },
  textOf: (body) => text(chatMessage(body)['content']),
  result: ({ id }, content) => [{ role: 'tool', tool_call_id: id, content }],
}

const outputOf = (body: Json, type: string): Json | undefined => list(body['output']).find((item) => item['type'] === type)

const responses: PlainClient = {
  name: 'openai-responses',
  path: () => '/v1/responses',
  ask: (content) => [{ role: 'user', content }],
  body: (model, input) => ({
    model,
    input,
    tools: [{ type: 'function', ...tool, parameters }],
    reasoning: { effort: 'medium' },
    max_output_tokens: 16_000,
    store: false,
    include: ['reasoning.encrypted_content'],
  }),
  answerOf: (body, keeps) => list(body['output']).filter(({ type }) => keeps === 'all' || type !== 'reasoning'),
  callOf(body) {
    const call = outputOf(body, 'function_call')
    return call === undefined ? undefined : { id: text(call['call_id']), name: text(call['name']) }
  },
  textOf: (body) => text(list(outputOf(body, 'message')?.['content'])[0]?.['text']),
  result: ({ id }, output) => [{ type: 'function_call_output', call_id: id, output }],
}

const blockOf = (body: Json, type: string): Json | undefined => list(body['content']).find((block) => block['type'] === type)

const anthropic: PlainClient = {
  name: 'anthropic',
  path: () => '/v1/messages',
  ask: (content) => [{ role: 'user', content }],
  body: (model, messages) => ({
    model,
    messages,
    tools: [{ ...tool, input_schema: parameters }],
    max_tokens: 16_000,
    thinking: { type: 'enabled', budget_tokens: 2000 },
  }),
  answerOf(body, keeps) {
    const content = list(body['content']).filter(({ type }) => keeps === 'all' || type === 'text' || type === 'tool_use')
    return [{ role: 'assistant', content }]
  },
  callOf(body) {
    const call = blockOf(body, 'tool_use')
    return call === undefined ? undefined : { id: text(call['id']), name: text(call['name']) }
  },
  textOf: (body) => text(blockOf(body, 'text')?.['text']),
  result: ({ id }, content) => [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content }] }],
}

const geminiParts = (body: Json): readonly Json[] => list(asObject(list(body['candidates'])[0]?.['content'])['parts'])

const gemini: PlainClient = {
  name: 'gemini',
  path: (model) => `/v1beta/models/${model}:generateContent`,
  ask: (said) => [{ role: 'user', parts: [{ text: said }] }],
  body: (_model, contents) => ({
    contents,
    tools: [{ functionDeclarations: [{ ...tool, parameters }] }],
    generationConfig: { thinkingConfig: { thinkingLevel: 'high', includeThoughts: true }, maxOutputTokens: 16_000 },
  }),
  answerOf(body, keeps) {
    const parts = geminiParts(body)
    if (keeps === 'all') return [{ role: 'model', parts }]
    // Of calls not even the id, as clients of the older models.
    const plain = parts.flatMap((part): readonly Json[] => {
      const { name, args } = asObject(part['functionCall'])
      if (name !== undefined) return [{ functionCall: { name, args } }]
      return part['thought'] === true || text(part['text']) === '' ? [] : [{ text: part['text'] }]
    })
    return [{ role: 'model', parts: plain }]
  },
  callOf(body) {
    const call = geminiParts(body).find((part) => part['functionCall'] !== undefined)
    const { id, name } = asObject(call?.['functionCall'])
    return call === undefined ? undefined : { id: text(id), name: text(name) }
  },
  textOf: (body) => text(geminiParts(body).find((part) => part['thought'] !== true && text(part['text']) !== '')?.['text']),
  result: ({ name }, output) => [{ role: 'user', parts: [{ functionResponse: { name, response: { output } } }] }],
}

/** One client of each dialect. */
export const plainClients: readonly PlainClient[] = [chat, responses, anthropic, gemini]
