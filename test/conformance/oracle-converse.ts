import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '#lib/json.ts'
import type { Recording } from '../support/recordings.ts'
import type { ReadCall, Reading, Unusable } from './expected.ts'

/** Reads a recording of Bedrock's Converse. */
export function readConverse(recording: Recording, stream: boolean): Reading | Unusable {
  const answer = stream ? foldEvents(recording.response.chunks ?? []) : asObject(recording.response.body)
  const blocks = asArray(asObject(asObject(answer['output'])['message'])['content']).map(asObject)
  const calls: ReadCall[] = blocks
    .map((block) => block['toolUse'])
    .filter(isObject)
    .map((call) => ({ name: asString(call['name']) ?? '', args: argsOf(call['input']) }))
  const finish = finishWords[asString(answer['stopReason']) ?? '']
  if (finish === undefined) return { unusable: `stop reason ${String(answer['stopReason'])}` }
  const usage = answer['usage']
  const count = (name: string): number => asNumber(asObject(usage)[name]) ?? 0
  return {
    choices: [{ text: blocks.map(textOf).join(''), calls, finish }],
    usage: isObject(usage)
      ? {
          input: count('inputTokens') + count('cacheReadInputTokens') + count('cacheWriteInputTokens'),
          output: count('outputTokens'),
        }
      : undefined,
  }
}

const finishWords: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  tool_use: 'tool_calls',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
}

function argsOf(input: unknown): string {
  if (typeof input === 'string') return input === '' ? '{}' : input
  return JSON.stringify(input ?? {})
}

function textOf(block: JsonObject): string {
  const cited = asArray(asObject(block['citationsContent'])['content']).map((each) => asString(asObject(each)['text']) ?? '')
  return (asString(block['text']) ?? '') + cited.join('')
}

/** The answer that a stream builds. */
function foldEvents(events: readonly unknown[]): JsonObject {
  const blocks: { text: string; toolUse?: { name: string; input: string } }[] = []
  const answer: Record<string, unknown> = { output: { message: { content: blocks } } }
  for (const entry of events) {
    const [[type, payload] = ['', {}]] = Object.entries(asObject(entry))
    const event = asObject(payload)
    const index = asNumber(event['contentBlockIndex']) ?? 0
    const delta = asObject(event['delta'])
    if (type === 'contentBlockStart') {
      const call = asObject(event['start'])['toolUse']
      if (isObject(call)) blocks[index] = { text: '', toolUse: { name: asString(call['name']) ?? '', input: '' } }
    } else if (type === 'contentBlockDelta') {
      const block = blocks[index] ?? { text: '' }
      blocks[index] = block
      block.text += asString(delta['text']) ?? ''
      if (block.toolUse !== undefined) block.toolUse.input += asString(asObject(delta['toolUse'])['input']) ?? ''
    } else if (type === 'messageStop') answer['stopReason'] = event['stopReason']
    else if (type === 'metadata') answer['usage'] = event['usage']
  }
  return answer
}
