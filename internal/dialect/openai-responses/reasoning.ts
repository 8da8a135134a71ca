import type { Loss } from '#canonical/loss.ts'
import type { Effort, Json, Request } from '#canonical/request.ts'
import { asObject, compact } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { effortOf, nearestEffort } from '../effort.ts'
import { type ReasoningTraits, takesFieldsOf } from '../quirks.ts'

/** How much the model shall reason, and whether the client wants to read of it. */
export function writeReasoning(
  request: Request,
  target: EncodeTarget,
): { readonly fields: Json; readonly losses: readonly Loss[] } {
  const { reasoning = {} } = request
  const { traits } = target
  const asked = effortOf(reasoning)
  if (traits.reasoning.kind === 'none') {
    return { fields: {}, losses: asked === undefined || asked === 'none' ? [] : [dropped] }
  }
  const fields = compact({
    ...extras(request, target),
    effort: asked === undefined ? undefined : taken(asked, traits.reasoning),
    summary: summaryOf(request),
  })
  return { fields: Object.keys(fields).length === 0 ? {} : { reasoning: fields }, losses: [] }
}

/** The client's own word for the summary's length, where it has one. */
function summaryOf({ dialect, reasoning, raw }: Request): unknown {
  if (reasoning?.visible === undefined || reasoning.visible === 'none') return undefined
  return dialect === 'openai-responses' ? (asObject(raw['reasoning'])['summary'] ?? 'auto') : 'auto'
}

/** Members of `reasoning` that only this API has. */
function extras({ dialect, ext }: Request, { quirks }: EncodeTarget): Json {
  return dialect === 'openai-responses' && takesFieldsOf(quirks, 'openai') ? asObject(ext['reasoning']) : {}
}

const dropped: Loss = { field: 'reasoning_effort', severity: 'drop', reason: 'the model has no such control' }

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
