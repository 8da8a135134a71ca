import type { Finish, FinishReason } from '#canonical/answer.ts'

const reasons: Readonly<Record<string, FinishReason>> = {
  STOP: 'stop',
  '1': 'stop',
  MAX_TOKENS: 'length',
  '2': 'length',
  SAFETY: 'content_filter',
  '3': 'content_filter',
  RECITATION: 'content_filter',
  '4': 'content_filter',
  LANGUAGE: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
  IMAGE_PROHIBITED_CONTENT: 'content_filter',
  IMAGE_RECITATION: 'content_filter',
  MODEL_ARMOR: 'content_filter',
  MALFORMED_FUNCTION_CALL: 'malformed_tool_call',
  MALFORMED_RESPONSE: 'malformed_tool_call',
  UNEXPECTED_TOOL_CALL: 'malformed_tool_call',
  TOO_MANY_TOOL_CALLS: 'malformed_tool_call',
  CONTINUATION: 'pause',
}

/** Gemini says STOP also when it calls functions; numbers are the enum's. */
export function finishOf(raw: string, called: boolean): Finish {
  const reason = reasons[raw] ?? 'other'
  return { reason: called && reason === 'stop' ? 'tool_calls' : reason, raw }
}

export function finishReason({ reason }: Finish): string {
  switch (reason) {
    case 'length':
    case 'context_window':
    case 'pause':
      return 'MAX_TOKENS'
    case 'content_filter':
      return 'SAFETY'
    case 'refusal':
      return 'SAFETY'
    case 'malformed_tool_call':
      return 'MALFORMED_FUNCTION_CALL'
    case 'other':
      return 'OTHER'
    default:
      return 'STOP'
  }
}
