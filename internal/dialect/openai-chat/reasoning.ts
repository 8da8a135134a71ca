import type { Loss } from '#canonical/loss.ts'
import type { Effort, Json, Reasoning, Request } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { budgetOf, effortOf, nearestEffort } from '../effort.ts'
import type { ChatQuirks, ModelTraits } from '../quirks.ts'

/** How much the model shall reason in a request, and what follows from it. */
export type SettledReasoning = {
  readonly reasoning: Reasoning | undefined
  /** Whether the model can be made to call a tool. */
  readonly mayForce: boolean
  readonly losses: readonly Loss[]
}

/**
 * Some models reason unless they are told not to, and then refuse a forced tool. What the client asked for wins: reasoning
 * that nobody asked for is switched off for the tool's sake; the tool is only offered where both were asked for.
 */
export function settleReasoning(request: Request, target: EncodeTarget): SettledReasoning {
  const { reasoning, toolChoice } = request
  const { traits } = target
  const asked = reasoning !== undefined && effortOf(reasoning) !== 'none'
  const off = switchedOff(target)
  const against = reasonAgainst(request, target)
  if (against !== undefined)
    return { reasoning: off, mayForce: traits.forcedTool !== 'no', losses: asked ? [{ ...lost, reason: against }] : [] }
  if (traits.forcedTool !== 'unless_reasoning' || traits.reasoning.kind === 'none')
    return { reasoning, mayForce: traits.forcedTool !== 'no', losses: [] }
  const forced = toolChoice?.mode === 'required' || toolChoice?.mode === 'one'
  if (!forced) return { reasoning, mayForce: true, losses: [] }
  return !asked && off !== undefined ? { reasoning: off, mayForce: true, losses: [] } : { reasoning, mayForce: false, losses: [] }
}

/** What keeps the model from reasoning; undefined for one that cannot be kept from it. */
function switchedOff({ quirks, traits }: EncodeTarget): Reasoning | undefined {
  const switchable = canSwitchOff(traits) && (quirks.chat?.reasoningControl ?? 'none') !== 'none'
  return switchable ? { effort: 'none' } : undefined
}

/** Why the model may not reason in this request. */
function reasonAgainst(request: Request, target: EncodeTarget): string | undefined {
  const { quirks, traits } = target
  // DeepSeek, 400: "The reasoning_content in the thinking mode must be passed back to the API".
  const bound = quirks.chat?.reasoningControl === 'deepseek_thinking' && switchedOff(target) !== undefined
  if (bound && lacksReasoning(request))
    return 'the reasoning of earlier tool calls is not there, without which the model does not reason on'
  if (traits.chatReasonsWithTools !== false || request.tools.every(({ kind }) => kind === 'builtin')) return undefined
  return 'the model does not reason beside functions in this API; the Responses API has both'
}

const lost = { field: 'reasoning_effort', severity: 'drop' } as const

function lacksReasoning({ messages }: Request): boolean {
  return messages.some(
    ({ role, parts }) =>
      role === 'assistant' &&
      parts.some((part) => part.kind === 'tool_call') &&
      !parts.some((part) => part.kind === 'reasoning' && part.text !== ''),
  )
}

function canSwitchOff({ reasoning }: ModelTraits): boolean {
  switch (reasoning.kind) {
    case 'effort':
      return reasoning.efforts.includes('none')
    case 'budget':
      return reasoning.off !== undefined
    case 'adaptive':
      return reasoning.off === 'disabled'
    default:
      return false
  }
}

/** The reasoning as the provider spells it. */
export function writeReasoning(
  reasoning: Reasoning | undefined,
  { quirks, traits }: EncodeTarget,
): { readonly fields: Json; readonly losses: readonly Loss[] } {
  if (reasoning === undefined) return { fields: {}, losses: [] }
  const control = quirks.chat?.reasoningControl ?? 'none'
  const effort = effortOf(reasoning)
  if (control === 'openrouter_reasoning') return { fields: openRouterFields(reasoning, effort), losses: [] }
  if (effort === undefined) return { fields: {}, losses: [] }
  if (control === 'none' || traits.reasoning.kind === 'none') return { fields: {}, losses: effort === 'none' ? [] : [noControl] }
  return { fields: fieldsOf(control, effort, reasoning, traits), losses: [] }
}

const noControl: Loss = { field: 'reasoning_effort', severity: 'drop', reason: 'the model has no such control' }

type Control = Exclude<NonNullable<ChatQuirks['reasoningControl']>, 'none' | 'openrouter_reasoning'>

function fieldsOf(control: Control, effort: Effort, reasoning: Reasoning, traits: ModelTraits): Json {
  const known = traits.reasoning
  const nearest = known.kind === 'effort' || known.kind === 'adaptive' ? nearestEffort(effort, known.efforts) : effort
  switch (control) {
    case 'deepseek_thinking':
      return effort === 'none' ? { thinking: { type: 'disabled' } } : { thinking: { type: 'enabled' }, reasoning_effort: nearest }
    case 'qwen_enable_thinking':
      if (effort === 'none') return known.kind === 'budget' && known.off === undefined ? {} : { enable_thinking: false }
      return { enable_thinking: true, thinking_budget: budgetOf(reasoning, known.kind === 'budget' ? known.max : 38_912) }
    case 'reasoning_effort':
    case 'mistral_effort':
      return { reasoning_effort: nearest }
  }
}

/** OpenRouter knows what each model takes and translates itself. */
function openRouterFields({ effort, budgetTokens, visible }: Reasoning, meant: Effort | undefined): Json {
  const exclude = visible === 'none' ? true : undefined
  if (meant === 'none') return { reasoning: { enabled: false } }
  if (effort === undefined && budgetTokens !== undefined && budgetTokens > 0) {
    return { reasoning: compact({ max_tokens: budgetTokens, exclude }) }
  }
  if (meant === undefined) return { reasoning: compact({ enabled: true, exclude }) }
  return { reasoning: compact({ effort: meant === 'max' ? ('xhigh' as const) : meant, exclude }) }
}
