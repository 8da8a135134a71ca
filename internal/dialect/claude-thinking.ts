import type { Loss } from '#canonical/loss.ts'
import type { Effort, Json, Reasoning, Request } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { EncodeTarget } from './dialect.ts'
import { budgetOf, effortOf, nearestEffort } from './effort.ts'
import type { ReasoningTraits } from './quirks.ts'

/** What a request says about thinking, and what that means for the rest of it. */
export type WrittenThinking = {
  /** `thinking` */
  readonly field?: Json
  /** `output_config.effort` */
  readonly effort?: string
  /** Whether the model will think: it then takes little sampling and, of old, no forced tool. */
  readonly on: boolean
  /** `max_tokens` must reach it: the budget is part of that, and the answer needs room too. */
  readonly leastMaxTokens: number
  readonly losses: readonly Loss[]
}

const off: WrittenThinking = { on: false, leastMaxTokens: 0, losses: [] }
const answerTokens = 1024

/** How much Claude shall think. Source: docs.anthropic.com, Extended thinking and Adaptive thinking. */
export function writeThinking(request: Request, target: EncodeTarget): WrittenThinking {
  const { reasoning } = request
  const { reasoning: kind } = target.traits
  if (reasoning === undefined) return { ...off, on: kind.kind === 'adaptive' && kind.off === 'never' }
  const effort = effortOf(reasoning)
  switch (kind.kind) {
    case 'budget':
      return effort === 'none' ? off : withBudget(request, reasoning, kind, target)
    case 'adaptive':
      if (effort === 'none') return switchedOff(kind)
      return saysEffortOnly(request) ? effortOnly(effort, kind) : adaptive(reasoning, effort, kind.efforts)
    case 'effort':
      return effort === undefined ? off : { ...off, effort: nearestEffort(effort, kind.efforts), on: effort !== 'none' }
    case 'level':
    case 'none':
      return effort === 'none' ? off : lost('the model does not reason, or cannot be told how much')
  }
}

function lost(reason: string): WrittenThinking {
  return { ...off, losses: [{ field: 'reasoning_effort', severity: 'drop', reason }] }
}

/** `summarized` must be asked for on newer models, which else send the signature only. */
function display({ visible }: Reasoning): string | undefined {
  if (visible === undefined) return undefined
  return visible === 'none' ? 'omitted' : 'summarized'
}

function adaptive(reasoning: Reasoning, effort: Effort | undefined, efforts: readonly Effort[]): WrittenThinking {
  const level = effort === undefined ? undefined : nearestEffort(effort, efforts)
  return compact({ ...off, field: compact({ type: 'adaptive', display: display(reasoning) }), effort: level, on: true })
}

/** In this dialect an effort alone does not switch thinking on. */
function saysEffortOnly({ dialect, raw }: Request): boolean {
  return dialect === 'anthropic' && raw['thinking'] === undefined
}

function effortOnly(effort: Effort | undefined, kind: Extract<ReasoningTraits, { kind: 'adaptive' }>): WrittenThinking {
  return { ...off, on: kind.off === 'never', ...(effort === undefined ? {} : { effort: nearestEffort(effort, kind.efforts) }) }
}

function switchedOff(kind: Extract<ReasoningTraits, { kind: 'adaptive' }>): WrittenThinking {
  if (kind.off !== 'never') return { ...off, field: { type: kind.off === 'between_tools' ? 'between_tools' : 'disabled' } }
  return {
    ...lost('the model always thinks: it does so as little as it can'),
    effort: nearestEffort('low', kind.efforts),
    on: true,
  }
}

function withBudget(
  request: Request,
  reasoning: Reasoning,
  kind: Extract<ReasoningTraits, { kind: 'budget' }>,
  target: EncodeTarget,
): WrittenThinking {
  if (continuesUnsignedLoop(request, target.quirks.vendor)) {
    return lost('the tool calls so far came without thoughts that the provider signed')
  }
  const most = Math.min(kind.max, (target.traits.maxOutput ?? Number.POSITIVE_INFINITY) - answerTokens)
  const wanted = Math.max(kind.min, budgetOf(reasoning, most))
  // Thoughts are part of the client's limit, so they shrink to fit in it; it gives way only to the least budget there is.
  const { maxOutput: limit = Number.POSITIVE_INFINITY } = request.params
  const budget = Math.min(wanted, Math.max(kind.min, limit - answerTokens))
  // Thoughts are shown here unless told otherwise, and old models do not know `display`.
  const field = compact({ type: 'enabled', budget_tokens: budget, display: reasoning.visible === 'none' ? 'omitted' : undefined })
  return { ...off, field, on: true, leastMaxTokens: limit > kind.min ? budget + 1 : budget + answerTokens }
}

/** Between a call and its result thoughts must stand before the call: a loop that began without them goes on without them. */
function continuesUnsignedLoop({ messages }: Request, vendor: string): boolean {
  const at = messages.findLastIndex(({ role }) => role === 'assistant')
  if (!messages.slice(at + 1).some(({ role }) => role === 'tool')) return false
  const signed = messages[at]?.parts.some(
    (part) => part.kind === 'reasoning' && part.opaque?.some((opaque) => opaque.vendor === vendor) === true,
  )
  return signed !== true
}
