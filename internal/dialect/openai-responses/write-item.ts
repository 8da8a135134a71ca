import type { AnswerMediaPart, AnswerServerToolPart } from '#canonical/answer.ts'
import type { Citation, Json, Opaque, Request } from '#canonical/request.ts'
import { joined } from '#lib/flat-text.ts'
import { asArray, asObject, asString, compact, isObject } from '#lib/json.ts'
import { packOpaque } from '../opaque.ts'
import { scopedName } from './names.ts'

/** `in_progress` while it is streamed; `incomplete` when the answer was cut in it. */
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

export function messageItem({ id, content, phase }: WrittenMessage, status: ItemStatus): Json {
  return compact({ id, type: 'message', status, role: 'assistant', content, phase })
}

/** A message of the model; `phase` where the provider told it. */
export type WrittenMessage = { readonly id: string; readonly content: readonly Json[]; readonly phase: string | undefined }

export function textContent(text: string, annotations: readonly Json[] = [], logprobs: readonly unknown[] = []): Json {
  return { type: 'output_text', text, annotations, logprobs }
}

export function refusalContent(refusal: string): Json {
  return { type: 'refusal', refusal }
}

/** `encrypted` is what the client sends back in the next turn. */
export function reasoningItem(id: string, text: string, encrypted: string | undefined): Json {
  return compact({
    id,
    type: 'reasoning',
    summary: text === '' ? [] : [{ type: 'summary_text', text }],
    encrypted_content: encrypted,
  })
}

/** A call as its item is written. */
export type CallOfItem = { readonly callId: string; readonly name: string; readonly custom: boolean; readonly args: string }

export function callItem(id: string, call: CallOfItem, status: ItemStatus, request: Request): Json {
  const { callId, args } = call
  const { name, namespace } = scopedName(request.tools, call.name)
  return call.custom
    ? compact({ id, type: 'custom_tool_call', status, call_id: callId, name, namespace, input: args })
    : compact({ id, type: 'function_call', status, call_id: callId, name, namespace, arguments: args })
}

/** The item's prefix tells its kind, as in OpenAI's ids. */
export function itemId(prefix: 'msg' | 'rs' | 'fc' | 'ctc' | 'ig', requestId: string, index: number): string {
  return joined(prefix, '_', requestId, '_', String(index))
}

// Names of this API's items; what Anthropic and Gemini call theirs does not match.
const itemType = /(_call|_output|^compaction(_summary)?)$|^mcp_/

/** Media and hosted tools, where this API has an item for them. */
export function wholeItem(content: AnswerMediaPart | AnswerServerToolPart, id: string): Json | undefined {
  if (content.kind === 'server_tool')
    return itemType.test(content.type) ? { ...content.raw, id: asString(content.raw['id']) || id } : undefined
  if (content.kind === 'audio') return undefined
  return {
    id,
    type: 'image_generation_call',
    status: 'completed',
    output_format: content.mime.replace('image/', ''),
    result: content.data,
  }
}

/** The vendor's own annotation when it has this API's form, else one made of what is known; a citation without a URL has none. */
export function annotationOf({ raw, url, title, start, end }: Citation): Json | undefined {
  if (
    isObject(raw) &&
    typeof raw['type'] === 'string' &&
    /^(url_citation|file_citation|container_file_citation|file_path)$/.test(raw['type']) &&
    !isObject(raw['url_citation'])
  )
    return raw
  return url === undefined
    ? undefined
    : { type: 'url_citation', url, title: title ?? url, start_index: start ?? 0, end_index: end ?? 0 }
}

/** The id that OpenAI's own encrypted reasoning is bound to: an item with another one would be refused. */
export function ownItemId(opaque: readonly Opaque[] | undefined): string | undefined {
  const [only] = opaque ?? []
  return opaque?.length === 1 && only?.vendor === 'openai' && only.kind === 'encrypted' ? only.itemId : undefined
}

/**
 * Opaque data as `encrypted_content`: as it came where it fits the item, else of any vendor in our own form. That also tells
 * reasoning without any from OpenAI's own, which would be looked for there under its id and refused when it comes back.
 */
export function encryptedContent(opaque: readonly Opaque[], id: string): string {
  const [only] = opaque
  if (only !== undefined && ownItemId(opaque) === id && typeof only.data === 'string') return only.data
  return packOpaque(opaque)
}

/**
 * An item that carries what belongs to a call or a message (`owner` is its id) and has no place in that item (Gemini's
 * signatures); undefined when there is nothing to carry.
 */
export function carrierItem(id: string, owner: string, opaque: readonly Opaque[] | undefined): Json | undefined {
  if (opaque === undefined || opaque.length === 0) return undefined
  return reasoningItem(id, '', packOpaque(opaque.map((entry) => ({ ...entry, itemId: owner }))))
}

/** The token list of Chat Completions' logprobs, which is the form they have on the way. */
export function logprobsOf(logprobs: unknown): readonly unknown[] {
  return asArray(asObject(logprobs)['content'])
}
