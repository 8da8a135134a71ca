import assert from 'node:assert/strict'
import Anthropic from '@anthropic-ai/sdk'
import { type Content, GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'

export type Clients = { readonly openai: OpenAI; readonly anthropic: Anthropic; readonly gemini: GoogleGenAI }

/** The vendors' SDKs, pointed at the relay. */
export function clientsOf(relayUrl: string): Clients {
  return {
    openai: new OpenAI({ baseURL: `${relayUrl}/v1`, apiKey: 'none', maxRetries: 0 }),
    anthropic: new Anthropic({ baseURL: relayUrl, apiKey: 'none', maxRetries: 0 }),
    gemini: new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: relayUrl } }),
  }
}

/** Two turns: a question that makes the model call the tool, and the tool's result. Gives the name called and the last text. */
export type Conversation = (
  clients: Clients,
  model: string,
  stream: boolean,
) => Promise<{ readonly called: string | undefined; readonly text: string }>

const question = 'What is the weather in Oslo? Use get_weather.'
const result = 'rain, 7 degrees'
const description = 'The weather in a city.'
const schema = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] }

const throughChat: Conversation = async ({ openai }, model, stream) => {
  const { completions } = openai.chat
  const tools: OpenAI.ChatCompletionTool[] = [
    { type: 'function', function: { name: 'get_weather', description, parameters: schema } },
  ]
  const ask = async (messages: OpenAI.ChatCompletionMessageParam[]): Promise<OpenAI.ChatCompletionMessage> => {
    const params = { model, messages, tools }
    const answer = stream ? await completions.stream(params).finalChatCompletion() : await completions.create(params)
    const message = answer.choices[0]?.message
    assert.ok(message)
    return message
  }
  const asked: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: question }]
  const message = await ask(asked)
  const call = message.tool_calls?.[0]
  assert.ok(call?.type === 'function')
  assert.equal(typeof JSON.parse(call.function.arguments).city, 'string')
  const last = await ask([...asked, message, { role: 'tool', tool_call_id: call.id, content: result }])
  return { called: call.function.name, text: last.content ?? '' }
}

const throughResponses: Conversation = async ({ openai }, model, stream) => {
  const { responses } = openai
  const tools = [{ type: 'function' as const, name: 'get_weather', description, parameters: schema, strict: false }]
  const ask = async (input: OpenAI.Responses.ResponseInput): Promise<OpenAI.Responses.Response> => {
    const params = { model, input, tools, store: false }
    return stream ? await responses.stream(params).finalResponse() : await responses.create(params)
  }
  const asked: OpenAI.Responses.ResponseInput = [{ role: 'user', content: question }]
  const answer = await ask(asked)
  const call = answer.output.find((item) => item.type === 'function_call')
  assert.ok(call)
  assert.equal(typeof JSON.parse(call.arguments).city, 'string')
  const { call_id, name, arguments: args } = call
  const last = await ask([
    ...asked,
    { type: 'function_call', call_id, name, arguments: args },
    { type: 'function_call_output', call_id, output: result },
  ])
  return { called: name, text: last.output_text }
}

const throughAnthropic: Conversation = async ({ anthropic }, model, stream) => {
  const tools = [{ name: 'get_weather', description, input_schema: schema }]
  const ask = async (messages: Anthropic.MessageParam[]): Promise<Anthropic.Message> => {
    const params = { model, max_tokens: 1000, messages, tools }
    return stream ? await anthropic.messages.stream(params).finalMessage() : await anthropic.messages.create(params)
  }
  const asked: Anthropic.MessageParam[] = [{ role: 'user', content: question }]
  const message = await ask(asked)
  assert.equal(message.stop_reason, 'tool_use')
  const call = message.content.find((block) => block.type === 'tool_use')
  assert.ok(call)
  const last = await ask([
    ...asked,
    { role: 'assistant', content: message.content },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: result }] },
  ])
  return { called: call.name, text: last.content.map((block) => (block.type === 'text' ? block.text : '')).join('') }
}

const throughGemini: Conversation = async ({ gemini }, model, stream) => {
  const config = { tools: [{ functionDeclarations: [{ name: 'get_weather', description, parametersJsonSchema: schema }] }] }
  const ask = async (contents: Content[]): Promise<Content> => {
    const params = { model, contents, config }
    const parts: NonNullable<Content['parts']> = []
    if (stream)
      for await (const chunk of await gemini.models.generateContentStream(params))
        parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []))
    else parts.push(...((await gemini.models.generateContent(params)).candidates?.[0]?.content?.parts ?? []))
    return { role: 'model', parts }
  }
  const asked: Content[] = [{ role: 'user', parts: [{ text: question }] }]
  const answer = await ask(asked)
  const call = answer.parts?.find((part) => part.functionCall)?.functionCall
  assert.equal(typeof call?.args?.['city'], 'string')
  const response = { ...(call?.id === undefined ? {} : { id: call.id }), name: 'get_weather', response: { output: result } }
  const last = await ask([...asked, answer, { role: 'user', parts: [{ functionResponse: response }] }])
  return { called: call?.name, text: (last.parts ?? []).map((part) => part.text ?? '').join('') }
}

/** The four client dialects. */
export const conversations: readonly (readonly [string, Conversation])[] = [
  ['openai chat', throughChat],
  ['openai responses', throughResponses],
  ['anthropic', throughAnthropic],
  ['gemini', throughGemini],
]
