import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '#lib/json.ts'
import { payloads, type Recording } from '../support/recordings.ts'
import type { ReadCall, Reading, Unusable } from './expected.ts'

type Choice = { text: string; calls: ReadCall[]; finish: unknown }

/** Reads a Gemini recording. */
export function readGemini(recording: Recording, stream: boolean): Reading | Unusable {
  const body = recording.request?.body ?? {}
  const tools = asArray(body['tools']).flatMap((tool) => Object.keys(asObject(tool)))
  if (tools.some((key) => !/^function_?declarations$/i.test(key))) return { unusable: 'asks for tools that run at the provider' }
  const choices = new Map<number, Choice>()
  let usage: JsonObject | undefined
  let blocked = false
  for (const payload of stream ? payloads(recording) : [recording.response.body]) {
    const chunk = asObject(payload)
    if (isObject(chunk['error'])) return { unusable: 'an error inside a 200' }
    if (isObject(chunk['usageMetadata'])) usage = { ...usage, ...chunk['usageMetadata'] }
    if (asObject(chunk['promptFeedback'])['blockReason'] !== undefined) blocked = true
    for (const entry of asArray(chunk['candidates'])) {
      const problem = readCandidate(asObject(entry), choices)
      if (problem !== undefined) return { unusable: problem }
    }
  }
  if (choices.size === 0) {
    if (!blocked) return { unusable: 'no candidates' }
    choices.set(0, { text: '', calls: [], finish: 'SAFETY' })
  }
  const ordered = [...choices.entries()].sort(([a], [b]) => a - b).map(([, choice]) => choice)
  const words = ordered.map(({ finish }) => finishWord(finish))
  const unknown = words.find((word) => word.startsWith('?'))
  if (unknown !== undefined) return { unusable: `finish reason ${unknown.slice(1)}` }
  return {
    choices: ordered.map(({ text, calls }, index) => ({ text, calls, finish: words[index] ?? 'stop' })),
    usage: usage === undefined ? undefined : totals(usage),
  }
}

function readCandidate(candidate: JsonObject, choices: Map<number, Choice>): string | undefined {
  const index = asNumber(candidate['index']) ?? 0
  const choice = choices.get(index) ?? { text: '', calls: [], finish: undefined }
  choices.set(index, choice)
  choice.finish = candidate['finishReason'] ?? choice.finish
  if (candidate['groundingMetadata'] !== undefined && Object.keys(asObject(candidate['groundingMetadata'])).length > 0)
    return 'grounded by a tool of the provider'
  for (const entry of asArray(asObject(candidate['content'])['parts'])) {
    const part = asObject(entry)
    if ('executableCode' in part || 'codeExecutionResult' in part || 'toolCall' in part || 'toolResponse' in part)
      return 'holds parts of tools that run at the provider'
    if ('inlineData' in part) return 'holds an image'
    if (typeof part['text'] === 'string' && part['thought'] !== true) choice.text += part['text']
    const call = part['functionCall']
    if (!isObject(call)) continue
    if ('partialArgs' in call || 'willContinue' in call) return 'arguments streamed in pieces'
    choice.calls.push({ name: asString(call['name']) ?? '', args: JSON.stringify(call['args'] ?? {}) })
  }
  return undefined
}

function finishWord(raw: unknown): string {
  switch (raw) {
    case 'STOP':
    case 1:
      return 'stop'
    case 'MAX_TOKENS':
    case 2:
      return 'length'
    case 'SAFETY':
    case 'RECITATION':
    case 'BLOCKLIST':
    case 'PROHIBITED_CONTENT':
    case 'SPII':
    case 'IMAGE_SAFETY':
    case 'MODEL_ARMOR':
      return 'content_filter'
    default:
      return `?${String(raw)}`
  }
}

/** Thoughts are outside the candidates' tokens, tool prompts outside the prompt's. */
function totals(usage: JsonObject): { readonly input: number; readonly output: number } {
  const count = (name: string): number => asNumber(usage[name]) ?? 0
  return {
    input: count('promptTokenCount') + count('toolUsePromptTokenCount'),
    output: count('candidatesTokenCount') + count('thoughtsTokenCount'),
  }
}
