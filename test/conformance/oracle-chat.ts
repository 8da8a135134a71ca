import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '#lib/json.ts'
import { payloads, type Recording } from '../support/recordings.ts'
import type { Reading, ReadUsage, Unusable } from './expected.ts'

type Choice = { text: string; refusal: string; calls: { id: string; name: string; args: string }[]; finish: string | undefined }

/** Reads an OpenAI Chat recording, of any server, tolerant of all that surprises.md tells. */
export function readChat(recording: Recording, stream: boolean): Reading | Unusable {
  if (asksForServerTools(recording.request?.body)) return { unusable: 'asks for tools that run at the provider' }
  const choices = new Map<number, Choice>()
  let usage: JsonObject | undefined
  const parts = stream ? payloads(recording) : [recording.response.body]
  for (const payload of parts) {
    const chunk = asObject(payload)
    if (isObject(chunk['error'])) return { unusable: 'an error inside a 200' }
    usage = usageIn(chunk) ?? usage
    for (const entry of asArray(chunk['choices'])) readChoice(asObject(entry), choices, stream)
  }
  if (choices.size === 0) return { unusable: 'no choices' }
  const ordered = [...choices.entries()].sort(([a], [b]) => a - b).map(([, choice]) => choice)
  return {
    choices: ordered.map(({ text, refusal, calls, finish }) => ({
      text,
      refusal,
      calls: calls.map(({ name, args }) => ({ name, args })),
      finish: finishWord(finish, calls.length > 0),
    })),
    usage: usage === undefined ? undefined : totals(usage),
  }
}

function asksForServerTools(body: JsonObject | undefined): boolean {
  return asArray(body?.['tools']).some((tool) => asString(asObject(tool)['type']) !== 'function')
}

function usageIn(chunk: JsonObject): JsonObject | undefined {
  if (isObject(chunk['usage'])) return chunk['usage']
  const groq = asObject(chunk['x_groq'])['usage']
  return isObject(groq) ? groq : undefined
}

function readChoice(entry: JsonObject, choices: Map<number, Choice>, stream: boolean): void {
  const index = asNumber(entry['index']) ?? 0
  const choice = choices.get(index) ?? { text: '', refusal: '', calls: [], finish: undefined }
  choices.set(index, choice)
  choice.finish = asString(entry['finish_reason']) ?? choice.finish
  const message = asObject(stream ? (entry['delta'] ?? entry['message']) : entry['message'])
  choice.text += textOf(message['content'])
  choice.refusal += asString(message['refusal']) ?? ''
  for (const call of asArray(message['tool_calls'])) addCall(choice, asObject(call))
  if (isObject(message['function_call'])) addCall(choice, { index: 0, function: message['function_call'] })
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return asArray(content)
    .map((part) => (asObject(part)['type'] === 'text' ? (asString(asObject(part)['text']) ?? '') : ''))
    .join('')
}

function addCall(choice: Choice, call: JsonObject): void {
  const fn = asObject(call['function'])
  const index = asNumber(call['index'])
  const id = asString(call['id']) ?? ''
  const args =
    typeof fn['arguments'] === 'string'
      ? fn['arguments']
      : fn['arguments'] === undefined || fn['arguments'] === null
        ? ''
        : JSON.stringify(fn['arguments'])
  const known = index === undefined ? choice.calls.find((other) => id !== '' && other.id === id) : choice.calls[index]
  if (known === undefined) {
    choice.calls.push({ id, name: asString(fn['name']) ?? '', args })
    return
  }
  known.args += args
  if (known.name === '') known.name = asString(fn['name']) ?? ''
}

function finishWord(raw: string | undefined, called: boolean): string {
  switch (raw) {
    case undefined:
    case '':
    case 'eos':
    case 'end_turn':
    case 'COMPLETE':
      return called ? 'tool_calls' : 'stop'
    case 'function_call':
      return 'function_call'
    case 'model_length':
      return 'length'
    default:
      return raw
  }
}

/** xAI and Google's OpenAI layer count reasoning apart from the completion, Mistral audio apart from the prompt; the total has them. */
function totals(usage: JsonObject): ReadUsage {
  const input = asNumber(usage['prompt_tokens']) ?? 0
  const output = asNumber(usage['completion_tokens']) ?? 0
  const missing = (asNumber(usage['total_tokens']) ?? 0) - input - output
  if (missing <= 0) return { input, output }
  const heard = asNumber(asObject(usage['prompt_tokens_details'] ?? usage['prompt_token_details'])['audio_tokens']) === missing
  return heard
    ? { input: input + missing, output, told: { input, output } }
    : { input, output: output + missing, told: { input, output } }
}
