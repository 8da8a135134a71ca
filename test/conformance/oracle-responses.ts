import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '#lib/json.ts'
import { payloads, type Recording } from '../support/recordings.ts'
import type { ReadCall, Reading, Unusable } from './expected.ts'

/** Reads an OpenAI Responses recording: its final object, or the items told one by one where there is none. */
export function readResponses(recording: Recording, stream: boolean): Reading | Unusable {
  const body = recording.request?.body ?? {}
  if (asArray(body['tools']).some((tool) => asObject(tool)['type'] !== 'function'))
    return { unusable: 'asks for tools that run at the provider' }
  if (body['previous_response_id'] !== undefined || body['background'] === true) return { unusable: 'needs the provider’s state' }
  const final = stream ? finalOf(payloads(recording).map(asObject)) : asObject(recording.response.body)
  if ('unusable' in final) return { unusable: String(final['unusable']) }
  const items = asArray(final['output']).map(asObject)
  if (final['object'] !== 'response' || items.some((item) => !known.has(asString(item['type']) ?? '')))
    return { unusable: 'holds items of tools that run at the provider' }
  const finish = finishOf(final, items)
  if (finish === undefined) return { unusable: `status ${String(final['status'])}` }
  const calls: ReadCall[] = items
    .filter((item) => item['type'] === 'function_call')
    .map((item) => ({ name: asString(item['name']) ?? '', args: asString(item['arguments']) ?? '' }))
  const content = items.filter((item) => item['type'] === 'message').flatMap((item) => asArray(item['content']).map(asObject))
  const join = (type: string, field: string): string =>
    content.map((part) => (part['type'] === type ? (asString(part[field]) ?? '') : '')).join('')
  const usage = final['usage']
  return {
    choices: [{ text: join('output_text', 'text'), refusal: join('refusal', 'refusal'), calls, finish }],
    usage: isObject(usage)
      ? { input: asNumber(usage['input_tokens']) ?? 0, output: asNumber(usage['output_tokens']) ?? 0 }
      : undefined,
  }
}

const known = new Set(['message', 'function_call', 'reasoning'])

function finishOf(final: JsonObject, items: readonly JsonObject[]): string | undefined {
  const called = items.some((item) => item['type'] === 'function_call')
  if (final['status'] === 'completed' || final['status'] === undefined) return called ? 'tool_calls' : 'stop'
  if (final['status'] !== 'incomplete') return undefined
  return asObject(final['incomplete_details'])['reason'] === 'content_filter' ? 'content_filter' : 'length'
}

function finalOf(events: readonly JsonObject[]): JsonObject {
  if (events.some((event) => event['type'] === 'error' || event['type'] === 'response.failed'))
    return { unusable: 'an error inside a 200' }
  const ends = events.filter((event) => event['type'] === 'response.completed' || event['type'] === 'response.incomplete')
  if (ends.length !== 1) return { unusable: `${ends.length} endings` }
  const response = asObject(ends[0]?.['response'])
  if (asArray(response['output']).length > 0) return response
  return {
    ...response,
    output: events.filter((event) => event['type'] === 'response.output_item.done').map((event) => event['item']),
  }
}
