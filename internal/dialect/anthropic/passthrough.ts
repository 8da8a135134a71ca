import type { Loss } from '#canonical/loss.ts'
import type { Json, Request } from '#canonical/request.ts'
import type { SseFrame } from '#framing/sse-parse.ts'
import { eventFrame } from '#framing/sse-write.ts'
import { asArray, asObject, asString, isObject, parseJson } from '#lib/json.ts'
import { inClientWords } from '../client-words.ts'
import type { Encoded, EncodeTarget, Passthrough } from '../dialect.ts'
import { unpackOpaque } from '../opaque.ts'
import { fitToModel } from './fit.ts'
import { withoutRejected } from './rejected.ts'
import { apiVersion, toolId } from './write-content.ts'

/** The client's own body with the target's model, and a history that Claude takes. */
function encodeRequest(request: Request, target: EncodeTarget): Encoded {
  const { model, quirks } = target
  const { models: _models, provider: _provider, ...raw } = request.raw
  // OpenRouter's routing fields were for us, unless OpenRouter is who is asked.
  const given = quirks.vendor === 'openrouter' ? request.raw : raw
  const { kept, losses: refused } = withoutRejected(given, target)
  const { body, losses: unfit } = fitToModel(kept, request, target)
  const rejected = inClientWords([...refused, ...unfit], request)
  const messages = mendHistory(body['messages'])
  const headers = { 'anthropic-version': apiVersion(quirks) }
  if (!thinksByBudget(body) || !continuesUnsigned(messages)) {
    return { path: '/v1/messages', headers, body: { ...body, model, messages }, losses: rejected }
  }
  const { thinking: _thinking, ...quiet } = body
  const losses: readonly Loss[] = [
    ...rejected,
    { field: 'thinking', severity: 'drop', reason: 'the tool calls so far came without signed thoughts' },
  ]
  return { path: '/v1/messages', headers, body: { ...quiet, model, messages }, losses }
}

function thinksByBudget(body: Json): boolean {
  return asObject(body['thinking'])['type'] === 'enabled'
}

/** Whether the last message answers calls without thoughts before them, which a model that thinks by budget refuses. */
function continuesUnsigned(messages: unknown): boolean {
  const turns = asArray(messages).map(asObject)
  const types = (turn: Json | undefined): readonly unknown[] => asArray(turn?.['content']).map((block) => asObject(block)['type'])
  const caller = types(turns.findLast((turn) => turn['role'] === 'assistant'))
  return (
    types(turns.at(-1)).includes('tool_result') && !caller.some((type) => type === 'thinking' || type === 'redacted_thinking')
  )
}

/**
 * Turns that other vendors answered hold what Anthropic refuses: thinking blocks that it did not sign, and call ids of other
 * forms. All else stays as it came, down to the same objects.
 */
function mendHistory(messages: unknown): unknown {
  if (!Array.isArray(messages)) return messages
  const mended = messages.flatMap((message: unknown) => mendMessage(message))
  return mended.length === messages.length && mended.every((message, at) => message === messages[at]) ? messages : mended
}

function mendMessage(message: unknown): readonly unknown[] {
  if (!isObject(message) || !Array.isArray(message['content'])) return [message]
  const blocks: readonly unknown[] = message['content']
  const mended = blocks.filter((block) => !isForeignThinking(block)).map(mendId)
  if (mended.length === blocks.length && mended.every((block, at) => block === blocks[at])) return [message]
  return mended.length === 0 ? [] : [{ ...message, content: mended }]
}

function isForeignThinking(block: unknown): boolean {
  if (!isObject(block) || block['type'] !== 'thinking') return false
  const signature = asString(block['signature']) ?? ''
  return signature === '' || unpackOpaque(signature) !== undefined
}

function mendId(block: unknown): unknown {
  if (!isObject(block)) return block
  const field = block['type'] === 'tool_use' ? 'id' : block['type'] === 'tool_result' ? 'tool_use_id' : undefined
  const id = field === undefined ? undefined : asString(block[field])
  if (field === undefined || id === undefined || toolId(id) === id) return block
  const mended: Json = { ...block, [field]: toolId(id) }
  return mended
}

/**
 * Everything passes that Anthropic's SDK can read. OpenRouter ends with `event: data` and `data: [DONE]`, of which it dies;
 * events without a name, which it would leave out, get theirs from the type.
 */
function frame({ event, data }: SseFrame): string {
  if (data.trim() === '[DONE]') return ''
  if (event !== '' && event !== 'data') return eventFrame(event, data.replaceAll('\n', ''))
  const parsed = parseJson(data)
  const type = parsed.ok ? asString(asObject(parsed.value)['type']) : undefined
  return type === undefined ? '' : eventFrame(type, data.replaceAll('\n', ''))
}

const closing = eventFrame('message_stop', '{"type":"message_stop"}')

export const passthrough: Passthrough = { encodeRequest, frame, closing }
