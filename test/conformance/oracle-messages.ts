import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '#lib/json.ts'
import { payloads, type Recording } from '../support/recordings.ts'
import type { ReadCall, Reading, Unusable } from './expected.ts'

/** Reads an Anthropic Messages recording. */
export function readMessages(recording: Recording, stream: boolean): Reading | Unusable {
  const tools = asArray(recording.request?.body['tools']).map(asObject)
  if (tools.some((tool) => tool['type'] !== undefined && tool['type'] !== 'custom'))
    return { unusable: 'asks for tools that run at the provider' }
  const message = stream ? foldMessage(payloads(recording)) : asObject(recording.response.body)
  if ('unusable' in message) return { unusable: String(message['unusable']) }
  const blocks = asArray(message['content']).map(asObject)
  if (blocks.some((block) => !known.has(asString(block['type']) ?? '')))
    return { unusable: 'holds blocks of tools that run at the provider' }
  const finish = finishWords[asString(message['stop_reason']) ?? '']
  if (finish === undefined) return { unusable: `stop reason ${String(message['stop_reason'])}` }
  const calls: ReadCall[] = blocks
    .filter((block) => block['type'] === 'tool_use')
    .map((block) => ({
      name: asString(block['name']) ?? '',
      args: typeof block['input'] === 'string' ? block['input'] : JSON.stringify(block['input'] ?? {}),
    }))
  const text = blocks.map((block) => (block['type'] === 'text' ? (asString(block['text']) ?? '') : '')).join('')
  const usage = asObject(message['usage'])
  const count = (name: string): number => asNumber(usage[name]) ?? 0
  return {
    choices: [{ text, calls, finish }],
    usage: {
      input: count('input_tokens') + count('cache_read_input_tokens') + count('cache_creation_input_tokens'),
      output: count('output_tokens'),
    },
  }
}

const known = new Set(['text', 'tool_use', 'thinking', 'redacted_thinking'])

const finishWords: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
}

/** The message that a stream builds; sums are replaced, never added, and null keeps what was. */
function foldMessage(events: readonly unknown[]): JsonObject {
  const blocks: Record<string, unknown>[] = []
  const message: Record<string, unknown> = { content: blocks, usage: {} }
  let begun = false
  for (const payload of events) {
    const event = asObject(payload)
    const index = asNumber(event['index']) ?? 0
    switch (event['type']) {
      case 'error':
        return { unusable: 'an error inside a 200' }
      case 'message_start':
        if (begun) return { unusable: 'two beginnings' }
        begun = true
        mergeUsage(message, asObject(event['message'])['usage'])
        break
      case 'content_block_start':
        blocks[index] = { ...asObject(event['content_block']), partial: '' }
        break
      case 'content_block_delta':
        addDelta(blocks[index] ?? {}, asObject(event['delta']))
        break
      case 'message_delta':
        message['stop_reason'] = asObject(event['delta'])['stop_reason'] ?? message['stop_reason']
        mergeUsage(message, event['usage'])
        break
    }
  }
  for (const block of blocks)
    if (block['type'] === 'tool_use') block['input'] = block['partial'] === '' ? (block['input'] ?? {}) : block['partial']
  return message
}

function addDelta(block: Record<string, unknown>, delta: JsonObject): void {
  if (delta['type'] === 'text_delta') block['text'] = `${asString(block['text']) ?? ''}${asString(delta['text']) ?? ''}`
  if (delta['type'] === 'input_json_delta')
    block['partial'] = `${asString(block['partial']) ?? ''}${asString(delta['partial_json']) ?? ''}`
}

function mergeUsage(message: Record<string, unknown>, usage: unknown): void {
  if (!isObject(usage)) return
  const given = Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null))
  message['usage'] = { ...asObject(message['usage']), ...given }
}
