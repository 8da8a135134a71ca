import type { Loss } from '#canonical/loss.ts'
import type { Effort, Json, Request } from '#canonical/request.ts'
import { asNumber, asObject, asString, compact, fieldsThat } from '#lib/json.ts'
import { type WrittenThinking, writeThinking } from '../claude-thinking.ts'
import type { EncodeTarget } from '../dialect.ts'
import { nearestEffort } from '../effort.ts'
import type { ReasoningTraits } from '../quirks.ts'
import { writeSampling } from './params.ts'

export type Fitted = { readonly body: Json; readonly losses: readonly Loss[] }

/**
 * The client's own body, corrected where it was written for another generation of Claude: a client asks for `smart`, not for a
 * model, and each generation refuses the thinking, efforts and sampling of the others.
 */
export function fitToModel(body: Json, request: Request, target: EncodeTarget): Fitted {
  const written = writeThinking(request, target)
  const thought = fitThinking(body, written, target.traits.reasoning)
  const effort = fitEffort(thought.body, target.traits.reasoning, thought.body !== body)
  const sampled = fitSampling(effort.body, request, target)
  return { body: sampled.body, losses: [...thought.losses, ...effort.losses, ...sampled.losses] }
}

function fitThinking(body: Json, written: WrittenThinking, kind: ReasoningTraits): Fitted {
  const type = asString(asObject(body['thinking'])['type'])
  if (type === undefined || takes(kind, type)) return { body, losses: [] }
  const { thinking: _refused, ...rest } = body
  const limit = asNumber(body['max_tokens'])
  const fitted = compact({
    ...rest,
    max_tokens: limit === undefined ? undefined : Math.max(limit, written.leastMaxTokens),
    thinking: written.field,
    output_config: written.effort === undefined ? rest['output_config'] : withEffort(rest, written.effort),
  })
  return { body: fitted, losses: written.losses }
}

/** Whether the model knows this way to think. */
function takes(kind: ReasoningTraits, type: string): boolean {
  switch (kind.kind) {
    case 'none':
      return type === 'disabled'
    case 'budget':
      return type === 'disabled' || type === 'enabled'
    case 'adaptive':
      if (type === 'disabled') return kind.off === 'disabled' || kind.off === 'disabled_up_to_high'
      if (type === 'between_tools') return kind.off === 'between_tools'
      return type === 'adaptive' || kind.budget === true
    case 'effort':
    case 'level':
      return true
  }
}

/** `became`: the effort has already become a budget. */
function fitEffort(body: Json, kind: ReasoningTraits, became: boolean): Fitted {
  const effort = asEffort(asObject(body['output_config'])['effort'])
  if (effort === undefined) return { body, losses: [] }
  if (kind.kind === 'adaptive') {
    const nearest = nearestEffort(effort, kind.efforts)
    return { body: nearest === effort ? body : { ...body, output_config: withEffort(body, nearest) }, losses: [] }
  }
  if (kind.kind !== 'none' && (kind.kind !== 'budget' || kind.effort === true)) return { body, losses: [] }
  const reason = 'the model cannot be told how hard to try'
  const losses: readonly Loss[] = became ? [] : [{ field: 'output_config.effort', severity: 'drop', reason }]
  const { output_config: _config, ...rest } = body
  const { effort: _effort, ...config } = asObject(body['output_config'])
  return { body: Object.keys(config).length === 0 ? rest : { ...rest, output_config: config }, losses }
}

const efforts: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max']

function asEffort(value: unknown): Effort | undefined {
  return efforts.find((effort) => effort === value)
}

function withEffort(body: Json, effort: string): Json {
  return { ...asObject(body['output_config']), effort }
}

/** Clients hard-code sampling: what the model refuses is left out, and the answer stays what was asked for. */
function fitSampling(body: Json, request: Request, target: EncodeTarget): Fitted {
  const losses: Loss[] = []
  writeSampling(request, { target, losses }, writeThinking(request, target))
  const refused = new Set(losses.map(({ field }) => field).filter((field) => field in body))
  if (refused.size === 0) return { body, losses: [] }
  return {
    body: fieldsThat(body, (name) => !refused.has(name)),
    losses: losses.filter(({ field }) => refused.has(field)),
  }
}
