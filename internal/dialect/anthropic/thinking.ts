import type { Loss } from '#canonical/loss.ts'
import type { Effort, Json, Request } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { budgetOf, effortOf, nearestEffort } from '../effort.ts'

export type WrittenThinking = {
  readonly field: Json | undefined
  readonly effort: string | undefined
  /** Whether the model will think: it then takes no sampling and, of old, no forced tool. */
  readonly on: boolean
  /** The budget must fit below it. */
  readonly leastMaxTokens: number
  readonly losses: readonly Loss[]
}

const none: WrittenThinking = { field: undefined, effort: undefined, on: false, leastMaxTokens: 0, losses: [] }

/** How much Claude shall think. Source: docs.anthropic.com, extended thinking and adaptive thinking. */
export function writeThinking(request: Request, { traits }: EncodeTarget): WrittenThinking {
  const { reasoning } = request
  const kind = traits.reasoning
  if (reasoning === undefined) return kind.kind === 'adaptive' && kind.off === 'never' ? { ...none, on: true } : none
  const effort = effortOf(reasoning)
  switch (kind.kind) {
    case 'budget': {
      if (effort === 'none' || continuesToolLoop(request)) return none
      const budget = Math.max(kind.min, budgetOf(reasoning, kind.max))
      return { ...none, field: { type: 'enabled', budget_tokens: budget }, on: true, leastMaxTokens: budget + 1024 }
    }
    case 'adaptive': {
      if (effort === 'none') return offOr(kind.off, kind.efforts)
      const display = reasoning.visible === 'none' ? undefined : 'summarized'
      const level = effort === undefined ? undefined : nearestEffort(effort, kind.efforts)
      return { ...none, field: compact({ type: 'adaptive', display }), effort: level, on: true }
    }
    default:
      return effort === 'none' ? none : { ...none, losses: [{ field: 'reasoning', severity: 'drop', reason: 'the model does not reason' }] }
  }
}

/** A tool loop that began without signed thinking cannot go on with it. */
function continuesToolLoop({ messages }: Request): boolean {
  const last = messages.at(-1)
  const caller = messages.findLast(({ role }) => role === 'assistant')
  return last?.role === 'tool' && caller?.parts.some((part) => part.kind === 'reasoning' && part.opaque !== undefined) !== true
}

function offOr(off: 'disabled' | 'disabled_up_to_high' | 'between_tools' | 'never', efforts: readonly Effort[]): WrittenThinking {
  if (off === 'never') return { ...none, effort: nearestEffort('low', efforts), on: true }
  return { ...none, field: { type: off === 'between_tools' ? 'between_tools' : 'disabled' } }
}
