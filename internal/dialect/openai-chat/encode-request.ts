import type { Loss } from '#canonical/loss.ts'
import type { Json, Params, Request } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { Encoded, EncodeTarget } from '../dialect.ts'
import { toolNames } from '../tool-names.ts'
import { writeOutput } from './output.ts'
import { writeReasoning } from './reasoning.ts'
import { writeTools } from './tools.ts'
import { writeMessages } from './write-messages.ts'

/** Canonical → provider. */
export function encodeRequest(request: Request, target: EncodeTarget): Encoded {
  const names = toolNames(request, /^[a-zA-Z0-9_-]+$/, 64)
  const { messages, losses: contentLosses } = writeMessages(request, target, names)
  const tools = writeTools(request, target, names)
  const output = writeOutput(request, target, messages)
  const reasoning = writeReasoning(request, target)
  const params = writeParams(request, target)
  const body = {
    model: target.model,
    messages: output.messages,
    ...(request.stream ? { stream: true, ...streamOptions(target) } : {}),
    ...params.fields,
    ...tools.fields,
    ...output.fields,
    ...reasoning.fields,
    ...hints(request, target),
  }
  const { kept, losses: refused } = withoutRejected(body, target)
  return {
    path: '/chat/completions',
    headers: {},
    body: kept,
    losses: [...contentLosses, ...tools.losses, ...output.losses, ...reasoning.losses, ...params.losses, ...refused, ...foreignLosses(request)],
    ...(names.restore.size > 0 ? { names: names.restore } : {}),
  }
}

function streamOptions({ quirks }: EncodeTarget): Json {
  return quirks.chat?.streamOptions === false ? {} : { stream_options: { include_usage: true } }
}

/** Fields that change nothing of the answer: sent where they are OpenAI's own. */
function hints(request: Request, { quirks }: EncodeTarget): Json {
  if (quirks.vendor !== 'openai') return {}
  return compact({ service_tier: request.tier, safety_identifier: request.endUser, prompt_cache_key: request.cache?.key, verbosity: request.output.verbosity })
}

const samplingNames = [
  ['temperature', 'temperature'],
  ['topP', 'top_p'],
  ['topK', 'top_k'],
  ['minP', 'min_p'],
  ['presencePenalty', 'presence_penalty'],
  ['frequencyPenalty', 'frequency_penalty'],
  ['repetitionPenalty', 'repetition_penalty'],
] as const

function writeParams(request: Request, target: EncodeTarget): { readonly fields: Json; readonly losses: readonly Loss[] } {
  const { params } = request
  const { quirks, traits } = target
  const losses: Loss[] = []
  const fields: Record<string, unknown> = compact({
    [quirks.chat?.maxTokensField ?? 'max_tokens']: params.maxOutput,
    n: params.candidates === 1 ? undefined : params.candidates,
    [quirks.chat?.seedField ?? 'seed']: params.seed,
    logit_bias: params.logitBias,
    ...(params.logprobs === undefined ? {} : { logprobs: true, top_logprobs: params.logprobs.top }),
  })
  if (params.stop !== undefined) {
    if (traits.stop === false) losses.push({ field: 'stop', severity: 'drop', reason: 'the model takes no stop sequences' })
    else fields['stop'] = params.stop
  }
  writeSampling(params, target, request, { fields, losses })
  if (params.logitBias !== undefined && request.dialect !== 'openai-chat') losses.push({ field: 'logit_bias', severity: 'refuse', reason: 'token numbers mean other tokens there' })
  return { fields, losses }
}

function writeSampling(params: Params, target: EncodeTarget, request: Request, into: { readonly fields: Record<string, unknown>; readonly losses: Loss[] }): void {
  const { traits, quirks } = target
  const reasons = request.reasoning?.effort !== 'none' && request.reasoning !== undefined
  const refused = traits.sampling === 'none' || (traits.sampling === 'unless_reasoning' && reasons)
  for (const [name, wire] of samplingNames) {
    const value = params[name]
    if (value === undefined) continue
    const extended = name === 'topK' || name === 'minP' || name === 'repetitionPenalty'
    if (refused) into.losses.push({ field: wire, severity: 'drop', reason: 'the model chooses its own sampling' })
    else if (extended && quirks.chat?.extendedSampling !== true) into.losses.push({ field: wire, severity: 'drop', reason: 'the provider does not know it' })
    else into.fields[wire] = wire === 'temperature' ? Math.min(value, traits.maxTemperature ?? 2) : value
  }
}

/** What the provider's own documents say that it refuses. */
function withoutRejected(body: Json, { quirks }: EncodeTarget): { readonly kept: Json; readonly losses: readonly Loss[] } {
  const rejected = (quirks.rejects ?? []).filter((name) => name in body)
  if (rejected.length === 0) return { kept: body, losses: [] }
  const losses = rejected.map((field): Loss => ({ field, severity: meaningful.has(field) ? 'refuse' : 'drop', reason: 'the provider refuses it' }))
  return { kept: Object.fromEntries(Object.entries(body).filter(([name]) => !rejected.includes(name))), losses }
}

/** Without these the answer would be another one than was asked for. */
const meaningful = new Set(['logit_bias', 'logprobs', 'n', 'modalities'])

/** Fields of another dialect that have no place here. */
function foreignLosses(request: Request): readonly Loss[] {
  if (request.dialect === 'openai-chat') return []
  return Object.keys(request.ext).map((field) => ({ field, severity: 'drop', reason: 'it has no counterpart' }))
}
