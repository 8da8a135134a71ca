import type { Finish, FinishReason } from '#canonical/answer.ts'

/** Words of OpenAI and of the servers with its API. */
const reasons: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  eos: 'stop',
  end_turn: 'stop',
  COMPLETE: 'stop',
  stop_sequence: 'stop_sequence',
  length: 'length',
  max_tokens: 'length',
  model_length: 'context_window',
  tool_calls: 'tool_calls',
  tool_use: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
  refusal: 'refusal',
}

/** Whether the word says that the answer broke off by a fault of the provider. */
export function isFault(raw: string): boolean {
  return raw === 'error' || raw === 'abort' || raw === 'insufficient_system_resource'
}

/** What calls and words together mean: some servers say `stop` beside tool calls, others `tool_calls` without any. */
export function finishOf(raw: string | undefined, called: boolean, refused: boolean): Finish {
  let reason: FinishReason = raw === undefined || raw === '' ? 'stop' : (reasons[raw] ?? 'other')
  if (called && reason === 'stop') reason = 'tool_calls'
  if (!called && reason === 'tool_calls') reason = 'stop'
  if (refused && reason === 'stop') reason = 'refusal'
  return raw === undefined ? { reason } : { reason, raw }
}

/** The word that OpenAI's SDKs know. */
export function finishWord({ reason }: Finish, hasRefusalText: boolean): 'stop' | 'length' | 'tool_calls' | 'content_filter' {
  switch (reason) {
    case 'length':
    case 'context_window':
    case 'pause':
      return 'length'
    case 'tool_calls':
      return 'tool_calls'
    case 'content_filter':
      return 'content_filter'
    case 'refusal':
      // OpenAI says `stop` beside `message.refusal`; a refusal without words has no other sign than this.
      return hasRefusalText ? 'stop' : 'content_filter'
    default:
      return 'stop'
  }
}
