import type { Json, Request } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { WrittenThinking } from '../claude-thinking.ts'
import type { EncodeTarget } from '../dialect.ts'
import { outputLimit } from '../output-limit.ts'
import { type StopSequences, stopSequences } from '../stop.ts'
import { lossesOfFields } from '../unknown-fields.ts'
import { unsaidHints } from '../unsaid.ts'
import type { Writer } from './write-content.ts'

// What the oldest models take at least; the field is obligatory.
const defaultMaxTokens = 8192

/** The obligatory limit: the client's, else as much as the model can give. It includes the thoughts. */
export function writeMaxTokens({ params }: Request, { target, losses }: Writer, thinking: WrittenThinking): number {
  const most = target.traits.maxOutput
  const unasked = Math.max(most ?? defaultMaxTokens, thinking.leastMaxTokens)
  const limit = outputLimit(params.maxOutput, most, thinking.leastMaxTokens)
  losses.push(...limit.losses)
  return limit.tokens ?? unasked
}

/** Temperature, `top_p`, `top_k` and stop sequences, as far as the model takes them. */
export function writeSampling(request: Request, writer: Pick<Writer, 'target' | 'losses'>, thinking: WrittenThinking): Json {
  const { params } = request
  const { traits } = writer.target
  const { sent } = stopOf(request, writer.target)
  const temperature = params.temperature === undefined ? undefined : Math.min(params.temperature, traits.maxTemperature ?? 1, 1)
  const take = (field: string, value: number | undefined, fitsThinking: boolean): number | undefined => {
    if (value === undefined) return undefined
    const refused = traits.sampling === 'none' || (thinking.on && !fitsThinking)
    return refused ? drop(writer, field, 'the model chooses its own sampling') : value
  }
  const takenTemperature = take('temperature', temperature, temperature === 1)
  const takenTopP = take('top_p', params.topP, params.topP !== undefined && params.topP >= 0.95)
  const both = traits.sampling === 'one' && takenTemperature !== undefined && takenTopP !== undefined
  return compact({
    temperature: takenTemperature,
    top_p: both ? drop(writer, 'top_p', 'the model takes temperature or top_p, not both') : takenTopP,
    top_k: take('top_k', params.topK, false),
    stop_sequences: sent.length === 0 ? undefined : sent,
  })
}

function drop({ losses }: Pick<Writer, 'losses'>, field: string, reason: string): undefined {
  losses.push({ field, severity: 'drop', reason })
  return undefined
}

/** Sequences of white space only are refused. */
export function stopOf({ params: { stop } }: Request, { traits }: EncodeTarget): StopSequences {
  return stopSequences(stop, (sequence) => traits.stop !== false && sequence.trim() !== '')
}

/** `standard_only` keeps from the capacity that was bought ahead; there is no flex tier. */
export function writeTier({ tier }: Request, writer: Writer): string | undefined {
  switch (tier) {
    case undefined:
      return undefined
    case 'auto':
    case 'priority':
      return 'auto'
    case 'default':
    case 'standard':
    case 'standard_only':
      return 'standard_only'
    default:
      return drop(writer, 'service_tier', `there is no tier ${tier}`)
  }
}

/** What Anthropic has no word for: where it would change the answer's meaning, the target cannot serve the request. */
export function noteLosses(request: Request, { losses }: Writer): void {
  const { params, output, cache } = request
  const hints = {
    presence_penalty: params.presencePenalty,
    frequency_penalty: params.frequencyPenalty,
    repetition_penalty: params.repetitionPenalty,
    min_p: params.minP,
    seed: params.seed,
    verbosity: output.verbosity,
  }
  for (const field of Object.keys(compact(hints))) losses.push({ field, severity: 'drop', reason: 'it has no counterpart' })
  const unsaid = unsaidHints(request, [
    'grammar',
    'tool_groups',
    'name',
    'detail',
    'metadata',
    'store',
    'prompt_cache_key',
    'max_tool_calls',
  ])
  losses.push(...unsaid, ...lossesOfFields(request, 'anthropic'))
  const refuse = (field: string, asked: boolean, reason: string): void => {
    if (asked) losses.push({ field, severity: 'refuse', reason })
  }
  refuse('n', (params.candidates ?? 1) > 1, 'the model gives one answer')
  refuse('logit_bias', params.logitBias !== undefined, 'token numbers mean other tokens there')
  refuse('logprobs', params.logprobs !== undefined, 'the model tells none')
  refuse('modalities', output.modalities?.some((modality) => modality !== 'text') === true, 'the model answers in text')
  refuse('cachedContent', cache?.ref !== undefined, 'the cached content lies at another vendor')
}
