import type { Loss } from '#canonical/loss.ts'
import type { Effort, Json, Reasoning, Request } from '#canonical/request.ts'
import type { EncodeTarget } from '../dialect.ts'
import { budgetOf, effortOf, nearestEffort } from '../effort.ts'

/** How much the model shall reason, as the provider spells it. */
export function writeReasoning(request: Request, target: EncodeTarget): { readonly fields: Json; readonly losses: readonly Loss[] } {
  const { reasoning } = request
  const control = target.quirks.chat?.reasoningControl ?? 'none'
  if (reasoning === undefined) return { fields: {}, losses: [] }
  const { traits } = target
  if (control === 'none' || traits.reasoning.kind === 'none') {
    return reasoning.effort === 'none' ? { fields: {}, losses: [] } : { fields: {}, losses: [dropped] }
  }
  const effort = effortOf(reasoning)
  if (effort === undefined) return { fields: {}, losses: [] }
  return { fields: fieldsOf(control, effort, reasoning, target), losses: [] }
}

const dropped: Loss = { field: 'reasoning_effort', severity: 'drop', reason: 'the model has no such control' }

function fieldsOf(control: string, effort: Effort, reasoning: Reasoning, { traits }: EncodeTarget): Json {
  const efforts = traits.reasoning.kind === 'effort' || traits.reasoning.kind === 'adaptive' ? traits.reasoning.efforts : undefined
  const nearest = efforts === undefined ? effort : nearestEffort(effort, efforts)
  switch (control) {
    case 'deepseek_thinking':
      return effort === 'none' ? { thinking: { type: 'disabled' } } : { thinking: { type: 'enabled' }, reasoning_effort: nearest }
    case 'qwen_enable_thinking':
      return effort === 'none' ? { enable_thinking: false } : { enable_thinking: true, thinking_budget: budgetOf(reasoning, 38_912) }
    case 'openrouter_reasoning':
      return { reasoning: effort === 'none' ? { enabled: false } : { effort: effort === 'max' ? 'xhigh' : effort } }
    default:
      return { reasoning_effort: nearest }
  }
}
