import type { Finish, FinishReason } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { asObject, asString } from '#lib/json.ts'

/** Source: docs.aws.amazon.com/bedrock, Converse, `stopReason`. */
const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['tool_use', 'tool_calls'],
  ['max_tokens', 'length'],
  ['stop_sequence', 'stop_sequence'],
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
  ['malformed_tool_use', 'malformed_tool_call'],
  ['malformed_model_output', 'other'],
  ['model_context_window_exceeded', 'context_window'],
  ['refusal', 'refusal'],
])

/** `fields`: what holds the stop reason, the end of a stream or the whole answer. */
export function finishOf(fields: Json, called: boolean): Finish {
  const raw = asString(fields['stopReason']) ?? ''
  const told = asObject(fields['additionalModelResponseFields'])
  const sequence = asString(told['stop_sequence']) ?? asString(asObject(told['delta'])['stop_sequence'])
  const known = { raw, ...(sequence === undefined ? {} : { sequence }) }
  const reason = reasons.get(raw) ?? 'other'
  // Models disagree on `tool_use` and `end_turn`; what the answer holds decides.
  if (called && (reason === 'stop' || reason === 'other')) return { reason: 'tool_calls', ...known }
  return { reason: reason === 'tool_calls' && !called ? 'stop' : reason, ...known }
}
