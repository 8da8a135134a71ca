import type { Finish, FinishReason } from '#canonical/answer.ts'
import { compact } from '#lib/json.ts'

const reasons: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  max_tokens: 'length',
  stop_sequence: 'stop_sequence',
  tool_use: 'tool_calls',
  pause_turn: 'pause',
  refusal: 'refusal',
  model_context_window_exceeded: 'context_window',
  compaction: 'pause',
}

export function finishOf(raw: string, sequence: string | undefined, details: unknown): Finish {
  const base = { reason: reasons[raw] ?? 'other', raw } as const
  return { ...compact({ ...base, sequence }), ...(details === undefined || details === null ? {} : { details }) }
}

export function stopReason({ reason }: Finish): string {
  switch (reason) {
    case 'length':
      return 'max_tokens'
    case 'stop_sequence':
      return 'stop_sequence'
    case 'tool_calls':
      return 'tool_use'
    case 'pause':
      return 'pause_turn'
    case 'refusal':
    case 'content_filter':
      return 'refusal'
    case 'context_window':
      return 'model_context_window_exceeded'
    default:
      return 'end_turn'
  }
}
