import type Anthropic from '@anthropic-ai/sdk'
import type { Reading } from './expected.ts'

/** Asks for a model through the official Anthropic SDK; the stream is put together by its own helper. */
export async function readThroughAnthropic(client: Anthropic, model: string, stream: boolean): Promise<Reading> {
  const params = { model, max_tokens: 1000, messages: [{ role: 'user' as const, content: 'Hello' }] }
  const message = stream ? await client.messages.stream(params).finalMessage() : await client.messages.create(params)
  const calls = message.content.flatMap((block) =>
    block.type === 'tool_use' ? [{ name: block.name, args: JSON.stringify(block.input) }] : [],
  )
  const { usage } = message
  return {
    choices: [
      {
        text: message.content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
        calls,
        finish: finishWords[message.stop_reason ?? ''] ?? String(message.stop_reason),
      },
    ],
    usage: {
      input: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
      output: usage.output_tokens,
    },
  }
}

const finishWords: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
}
