import type { Finish, FinishReason } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { asObject, asString, isObject } from '#lib/json.ts'

const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['max_tokens', 'length'],
  ['stop_sequence', 'stop_sequence'],
  ['tool_use', 'tool_calls'],
  ['pause_turn', 'pause'],
  ['compaction', 'pause'],
  ['refusal', 'refusal'],
  ['model_context_window_exceeded', 'context_window'],
])

/**
 * Where tools were called in an answer. `answered`: other blocks follow the calls, since a program that ran at the provider
 * made them and had its results.
 */
export type Calls = 'none' | 'answered' | 'open'

/** `fields`: what holds the stop reason, the `delta` of a stream's end or the whole message. */
export function finishOf(raw: string, fields: Json, calls: Calls): Finish {
  const sequence = asString(fields['stop_sequence'])
  const details = fields['stop_details']
  return {
    reason: reasonOf(raw, calls),
    raw,
    ...(sequence === undefined ? {} : { sequence }),
    ...(isObject(details) ? { details } : {}),
  }
}

/** Servers with this API disagree on `tool_use` and `end_turn`; what the answer holds decides. */
function reasonOf(raw: string, calls: Calls): FinishReason {
  const reason = reasons.get(raw) ?? (calls === 'open' ? 'tool_calls' : 'other')
  if (reason === 'stop' && calls === 'open') return 'tool_calls'
  return reason === 'tool_calls' && calls === 'none' ? 'stop' : reason
}

/** The three fields by which a client learns why the answer ended. */
export function writeStop(finish: Finish): Json {
  return {
    stop_reason: stopReason(finish),
    stop_sequence: finish.sequence ?? null,
    stop_details: finish.reason === 'refusal' && isObject(finish.details) ? asObject(finish.details) : null,
  }
}

function stopReason({ reason, sequence }: Finish): string {
  switch (reason) {
    case 'length':
      return 'max_tokens'
    case 'stop_sequence':
      // Vendors that do not tell which one it was: the field would be null, which clients take for a fault.
      return sequence === undefined ? 'end_turn' : 'stop_sequence'
    case 'tool_calls':
      return 'tool_use'
    case 'pause':
      return 'pause_turn'
    case 'refusal':
    case 'content_filter':
      return 'refusal'
    case 'context_window':
      return 'model_context_window_exceeded'
    case 'stop':
    case 'malformed_tool_call':
    case 'other':
      return 'end_turn'
  }
}
