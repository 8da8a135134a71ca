import type { Finish, FinishReason } from '#canonical/answer.ts'

const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'content_filter'],
  ['RECITATION', 'content_filter'],
  ['LANGUAGE', 'content_filter'],
  ['BLOCKLIST', 'content_filter'],
  ['PROHIBITED_CONTENT', 'content_filter'],
  ['SPII', 'content_filter'],
  ['IMAGE_SAFETY', 'content_filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
  ['IMAGE_RECITATION', 'content_filter'],
  ['MODEL_ARMOR', 'content_filter'],
  ['MALFORMED_FUNCTION_CALL', 'malformed_tool_call'],
  ['MALFORMED_RESPONSE', 'malformed_tool_call'],
  ['UNEXPECTED_TOOL_CALL', 'malformed_tool_call'],
  ['TOO_MANY_TOOL_CALLS', 'malformed_tool_call'],
  ['CONTINUATION', 'pause'],
])

/** By their numbers in protobuf; the later ones are not the same in Google's two APIs. */
const byNumber: readonly FinishReason[] = [
  ...(['other', 'stop', 'length', 'content_filter', 'content_filter', 'other'] as const),
  ...(['content_filter', 'content_filter', 'content_filter'] as const),
]

/** A reason's word or number as text; undefined for protobuf's default value, which says nothing. */
export function reasonWord(value: unknown): string | undefined {
  if (typeof value === 'number') return value === 0 ? undefined : String(value)
  return typeof value !== 'string' || unspecified.has(value) ? undefined : value
}

const unspecified: ReadonlySet<string> = new Set(['', 'FINISH_REASON_UNSPECIFIED', 'BLOCKED_REASON_UNSPECIFIED'])

/** Gemini says STOP also when it calls functions. Undefined: a whole answer that named no reason. */
export function finishOf(raw: string | undefined, called: boolean): Finish {
  const reason = raw === undefined ? 'stop' : (reasons.get(raw) ?? byNumber[Number(raw)] ?? 'other')
  return { reason: called && reason === 'stop' ? 'tool_calls' : reason, ...(raw === undefined ? {} : { raw }) }
}

/** A prompt that was blocked gives no candidate; whatever the reason's word, it is the filter's. */
export function blockedFinish(raw: string): Finish {
  return { reason: 'content_filter', raw }
}

/** The word for a client; Google's own where it was Google that gave it. */
export function finishReason({ reason, raw }: Finish): string {
  const meaning = raw === undefined ? undefined : reasons.get(raw)
  if (raw !== undefined && meaning !== undefined && meaning === (reason === 'tool_calls' ? 'stop' : reason)) return raw
  switch (reason) {
    case 'stop':
    case 'tool_calls':
    case 'stop_sequence':
      return 'STOP'
    case 'length':
    case 'context_window':
    case 'pause':
      return 'MAX_TOKENS'
    case 'content_filter':
    case 'refusal':
      return 'SAFETY'
    case 'malformed_tool_call':
      return 'MALFORMED_FUNCTION_CALL'
    case 'other':
      return 'OTHER'
  }
}
