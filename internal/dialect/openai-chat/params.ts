import type { Loss } from '#canonical/loss.ts'
import type { Json, Params, Reasoning, Request } from '#canonical/request.ts'
import { compact, fieldsThat } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { effortOf } from '../effort.ts'
import { outputLimit } from '../output-limit.ts'
import { type StopSequences, stopSequences } from '../stop.ts'

export type WrittenParams = { readonly fields: Json; readonly losses: readonly Loss[] }

/** Limits and sampling, and what of them the model refuses. */
export function writeParams(request: Request, target: EncodeTarget, reasoning: Reasoning | undefined): WrittenParams {
  const { params } = request
  const { quirks, traits } = target
  const limit = outputLimit(params.maxOutput, traits.maxOutput)
  const losses: Loss[] = [...limit.losses]
  const fields: Record<string, unknown> = compact({
    [quirks.chat?.maxTokensField ?? 'max_tokens']: limit.tokens,
    n: params.candidates === 1 ? undefined : params.candidates,
    [quirks.chat?.seedField ?? 'seed']: params.seed,
  })
  const { sent } = stopOf(params, target)
  if (sent.length > 0) fields['stop'] = sent
  const sampled = writeSampling(params, target, reasoning)
  return { fields: { ...fields, ...sampled.fields }, losses: [...losses, ...sampled.losses] }
}

const maxStops = 4

/** Reasoning models take none. */
export function stopOf({ stop }: Params, { traits }: EncodeTarget): StopSequences {
  return stopSequences(stop, (_sequence, index) => traits.stop !== false && index < maxStops)
}

const samplingNames = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  minP: 'min_p',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  repetitionPenalty: 'repetition_penalty',
} as const

function isSampling(name: string): name is keyof typeof samplingNames {
  return Object.hasOwn(samplingNames, name)
}

const penalties: ReadonlySet<string> = new Set(['presence_penalty', 'frequency_penalty'])
const extended: ReadonlySet<string> = new Set(['top_k', 'min_p', 'repetition_penalty'])

/** Sampling, and what is bound to a tokenizer. */
export function writeSampling(params: Params, target: EncodeTarget, reasoning: Reasoning | undefined): WrittenParams {
  const refused = refusesSampling(target, reasoning)
  const losses: Loss[] = []
  const fields: Record<string, unknown> = {}
  for (const name in params) {
    if (!isSampling(name)) continue
    const [value, wire] = [params[name], samplingNames[name]]
    if (value === undefined) continue
    const reason = refused ? 'the model chooses its own sampling' : reasonAgainst(wire, params, target)
    if (reason !== undefined) losses.push({ field: wire, severity: 'drop', reason })
    else fields[wire] = wire === 'temperature' ? Math.min(value, target.traits.maxTemperature ?? 2) : value
  }
  const bound = writeBound(params)
  if (!refused) return { fields: { ...fields, ...bound }, losses }
  const lost = Object.keys(bound).map((field): Loss => ({ field, severity: 'refuse', reason: 'the model does not take it' }))
  return { fields, losses: [...losses, ...lost] }
}

/** What is bound to a tokenizer. */
function writeBound({ logitBias, logprobs }: Params): Json {
  const asked =
    logprobs === undefined ? {} : compact({ logprobs: true, top_logprobs: logprobs.top === 0 ? undefined : logprobs.top })
  return compact({ logit_bias: logitBias, ...asked })
}

function refusesSampling({ traits }: EncodeTarget, reasoning: Reasoning | undefined): boolean {
  const reasons = reasoning !== undefined && effortOf(reasoning) !== 'none'
  return traits.sampling === 'none' || (traits.sampling === 'unless_reasoning' && reasons)
}

function reasonAgainst(wire: string, params: Params, { quirks, traits }: EncodeTarget): string | undefined {
  if (extended.has(wire) && quirks.chat?.extendedSampling !== true) return 'the provider does not know it'
  if (penalties.has(wire) && traits.penalties === false) return 'the model does not take it'
  if (wire === 'top_p' && traits.sampling === 'one' && params.temperature !== undefined)
    return 'the model takes it or temperature'
  return undefined
}

/** Fields that the provider's documents say it refuses are left out and named; a default that is written out may stay. */
export function withoutRejected(body: Json, { quirks }: EncodeTarget): { readonly kept: Json; readonly losses: readonly Loss[] } {
  const rejected = (quirks.rejects ?? []).filter((name) => !asksNothing(name, body[name]))
  if (rejected.length === 0) return { kept: body, losses: [] }
  const losses = rejected.map((field): Loss => {
    const severity = meaningful.has(field) ? 'refuse' : 'drop'
    return { field, severity, reason: 'the provider refuses it' }
  })
  return { kept: fieldsThat(body, (name) => !rejected.includes(name)), losses }
}

/** Without these the answer would be another one than was asked for. */
const meaningful = new Set(['logit_bias', 'logprobs', 'top_logprobs', 'n', 'modalities', 'audio', 'tools'])

/** Defaults that clients write out. */
function asksNothing(field: string, value: unknown): boolean {
  if (value === null || value === undefined) return true
  return (field === 'n' && value === 1) || (field === 'logprobs' && value === false)
}
