import type { Loss } from '#canonical/loss.ts'
import type { Effort, Json, Request } from '#canonical/request.ts'
import { asObject, compact } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { effortOf, nearestEffort } from '../effort.ts'
import type { ReasoningTraits } from '../quirks.ts'

/** How much the model shall reason, and whether the client wants to read of it. */
export function writeReasoning(
  request: Request,
  { traits }: EncodeTarget,
): { readonly fields: Json; readonly losses: readonly Loss[] } {
  const { reasoning, raw } = request
  if (reasoning === undefined) return { fields: {}, losses: [] }
  const asked = effortOf(reasoning)
  if (traits.reasoning.kind === 'none') return { fields: {}, losses: asked === undefined || asked === 'none' ? [] : [dropped] }
  const wanted = reasoning.visible === undefined || reasoning.visible === 'none' ? undefined : 'auto'
  const summary = request.dialect === 'openai-responses' ? (asObject(raw['reasoning'])['summary'] ?? wanted) : wanted
  const fields = compact({
    effort: asked === undefined ? undefined : taken(asked, traits.reasoning),
    summary: summary ?? undefined,
  })
  return { fields: Object.keys(fields).length === 0 ? {} : { reasoning: fields }, losses: [] }
}

const dropped: Loss = { field: 'reasoning.effort', severity: 'drop', reason: 'the model has no such control' }

function taken(effort: Effort, reasoning: ReasoningTraits): Effort {
  switch (reasoning.kind) {
    case 'effort':
    case 'adaptive':
      return nearestEffort(effort, reasoning.efforts)
    case 'level':
      return nearestEffort(effort, reasoning.levels)
    default:
      return effort
  }
}
