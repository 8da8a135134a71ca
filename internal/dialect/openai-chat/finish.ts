import type { Finish, FinishReason } from '#canonical/answer.ts'
import type { Failure, Phase } from '#canonical/failure.ts'
import { entryOf } from '#lib/json.ts'

/** Words of OpenAI and of the servers with its API, in lower case. */
const reasons: Readonly<Record<string, FinishReason>> = {
  '': 'stop',
  stop: 'stop',
  eos: 'stop',
  end_turn: 'stop',
  complete: 'stop',
  stop_sequence: 'stop_sequence',
  length: 'length',
  max_tokens: 'length',
  model_length: 'context_window',
  tool_calls: 'tool_calls',
  tool_use: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
  safety: 'content_filter',
  recitation: 'content_filter',
  sensitive: 'content_filter',
  refusal: 'refusal',
}

const faults: Readonly<Record<string, Failure['kind']>> = {
  error: 'server',
  abort: 'server',
  network_error: 'server',
  insufficient_system_resource: 'overloaded',
}

/** The failure that a finish reason tells of: the provider broke off by its own fault. */
export function faultOf(raw: string | undefined, phase: Phase): Failure | undefined {
  const kind = raw === undefined ? undefined : entryOf(faults, raw)
  return kind === undefined || raw === undefined
    ? undefined
    : { kind, phase, code: raw, message: `the provider broke off: ${raw}` }
}

/** What calls and words together mean: some servers say `stop` beside tool calls, others `tool_calls` without any. */
export function finishOf(raw: string | undefined, called: boolean, refused: boolean): Finish {
  const reason = refine(reasonOf(raw), called, refused)
  return raw === undefined ? { reason } : { reason, raw }
}

function reasonOf(raw: string | undefined): FinishReason {
  if (raw === undefined) return 'stop'
  // Gemini's own words show through its OpenAI layer, in longer ones.
  if (/MALFORMED_FUNCTION_CALL|UNEXPECTED_TOOL_CALL/.test(raw)) return 'malformed_tool_call'
  return entryOf(reasons, raw.toLowerCase()) ?? 'other'
}

function refine(reason: FinishReason, called: boolean, refused: boolean): FinishReason {
  if (called && reason === 'stop') return 'tool_calls'
  if (!called && reason === 'tool_calls') return refused ? 'refusal' : 'stop'
  return refused && reason === 'stop' ? 'refusal' : reason
}

export type FinishWord = 'stop' | 'length' | 'tool_calls' | 'function_call' | 'content_filter'

/** The word that OpenAI's SDKs know. `legacy`: the client speaks the form before tools. */
export function finishWord({ reason }: Finish, hasRefusalText: boolean, legacy: boolean): FinishWord {
  switch (reason) {
    case 'length':
    case 'context_window':
    case 'pause':
      return 'length'
    case 'tool_calls':
      return legacy ? 'function_call' : 'tool_calls'
    case 'content_filter':
      return 'content_filter'
    case 'refusal':
      // OpenAI says `stop` beside `message.refusal`; a refusal without words has no other sign than this.
      return hasRefusalText ? 'stop' : 'content_filter'
    case 'stop':
    case 'stop_sequence':
    case 'malformed_tool_call':
    case 'other':
      return 'stop'
  }
}
