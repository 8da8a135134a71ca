import type OpenAI from 'openai'
import type { Reading } from './expected.ts'

/** Asks for a model through the Responses API of the official SDK. */
export async function readThroughResponses(client: OpenAI, model: string, stream: boolean): Promise<Reading> {
  const response = stream
    ? await client.responses.stream({ model, input: 'Hello' }).finalResponse()
    : await client.responses.create({ model, input: 'Hello' })
  const calls = response.output.flatMap((item) =>
    item.type === 'function_call' ? [{ name: item.name, args: item.arguments }] : [],
  )
  const content = response.output.flatMap((item) => (item.type === 'message' ? item.content : []))
  const text = content
    .map((part) => (part.type === 'output_text' ? part.text : part.type === 'refusal' ? part.refusal : ''))
    .join('')
  return {
    choices: [{ text, calls, finish: finishOf(response, calls.length > 0) }],
    usage: response.usage ? { input: response.usage.input_tokens, output: response.usage.output_tokens } : undefined,
  }
}

function finishOf(response: OpenAI.Responses.Response, called: boolean): string {
  if (response.status === 'incomplete')
    return response.incomplete_details?.reason === 'content_filter' ? 'content_filter' : 'length'
  return called ? 'tool_calls' : 'stop'
}
