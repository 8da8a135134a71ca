import type { Json, Request } from '#canonical/request.ts'
import { compact, entryOf } from '#lib/json.ts'
import type { WrittenThinking } from '../claude-thinking.ts'
import type { EncodeTarget } from '../dialect.ts'
import { outputLimit } from '../output-limit.ts'
import { type StopSequences, stopSequences } from '../stop.ts'
import { strictSchema } from '../strict-schema.ts'
import { lossOfField } from '../unknown-fields.ts'
import { unsaidHints } from '../unsaid.ts'
import type { Writer } from './write-content.ts'

/** `inferenceConfig`, and what of the sampling goes into the model's own fields. */
export type WrittenParams = { readonly inferenceConfig: Json; readonly topK?: number }

export function writeParams(request: Request, writer: Writer, thinking: WrittenThinking): WrittenParams {
  const { params } = request
  const { traits, quirks } = writer.target
  const { sent } = stopOf(request, writer.target)
  const limit = outputLimit(params.maxOutput, traits.maxOutput, thinking.leastMaxTokens)
  writer.losses.push(...limit.losses)
  const fields = quirks.converse?.modelFields
  // Claude and Nova take little sampling while they think.
  const restricted = thinking.on && fields !== 'reasoning_effort'
  const take = (field: string, value: number | undefined, fitsThinking: boolean): number | undefined => {
    if (value === undefined) return undefined
    const refused = traits.sampling === 'none' || (restricted && !fitsThinking)
    return refused ? drop(writer, field, 'the model chooses its own sampling') : value
  }
  const asked = params.temperature === undefined ? undefined : Math.min(params.temperature, traits.maxTemperature ?? 1, 1)
  const temperature = take('temperature', asked, asked === 1)
  const topP = take('top_p', params.topP, params.topP !== undefined && params.topP >= 0.95)
  const both = traits.sampling === 'one' && temperature !== undefined && topP !== undefined
  const takesTopK = fields === 'claude' || fields === 'nova'
  if (params.topK !== undefined && !takesTopK) drop(writer, 'top_k', 'the model does not know it')
  return compact({
    inferenceConfig: compact({
      maxTokens:
        limit.tokens ?? (thinking.leastMaxTokens > 0 ? Math.max(traits.maxOutput ?? 0, thinking.leastMaxTokens) : undefined),
      temperature,
      topP: both ? drop(writer, 'top_p', 'the model takes temperature or top_p, not both') : topP,
      stopSequences: sent.length === 0 ? undefined : sent,
    }),
    topK: takesTopK ? take('top_k', params.topK, false) : undefined,
  })
}

function drop({ losses }: Writer, field: string, reason: string): undefined {
  losses.push({ field, severity: 'drop', reason })
  return undefined
}

/** Sequences of white space only are refused. */
export function stopOf({ params: { stop } }: Request, { traits }: EncodeTarget): StopSequences {
  return stopSequences(stop, (sequence) => traits.stop !== false && sequence.trim() !== '')
}

/** `additionalModelRequestFields`: what only the model's own API has a word for. */
export function writeModelFields({ target }: Writer, thinking: WrittenThinking, topK: number | undefined): Json | undefined {
  const fields = fieldsOf(target.quirks.converse?.modelFields, thinking, topK)
  return Object.keys(fields).length === 0 ? undefined : fields
}

type Spelling = NonNullable<Writer['target']['quirks']['converse']>['modelFields']

function fieldsOf(spelling: Spelling, { field, effort }: WrittenThinking, topK: number | undefined): Json {
  switch (spelling) {
    case 'claude':
      return compact({ thinking: field, output_config: effort === undefined ? undefined : { effort }, top_k: topK })
    case 'nova':
      return compact({
        reasoningConfig: effort === undefined ? undefined : novaReasoning(effort),
        inferenceConfig: topK === undefined ? undefined : { topK },
      })
    case 'reasoning_effort':
      return compact({ reasoning_effort: effort })
    case undefined:
      return {}
  }
}

/** Source: docs.aws.amazon.com/nova, Extended thinking. */
function novaReasoning(effort: string): Json {
  return effort === 'none' ? { type: 'disabled' } : { type: 'enabled', maxReasoningEffort: effort }
}

/** `outputConfig`, or words for the system text where the model cannot be held to a format. */
export type WrittenFormat = { readonly outputConfig?: Json; readonly hint?: string }

/** A schema goes natively where the model takes it; all else is asked for in words, and named as lost. */
export function writeFormat({ output }: Request, writer: Writer): WrittenFormat {
  if (output.format === 'text') return {}
  const given = output.format === 'json_schema' ? output.schema : undefined
  const strict = given !== undefined && writer.target.traits.jsonSchema ? strictSchema(given.schema) : undefined
  if (strict !== undefined) {
    const jsonSchema = compact({ schema: JSON.stringify(strict), name: given?.name, description: given?.description })
    return { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } } }
  }
  drop(writer, 'response_format', 'the model cannot be held to it: it is asked for in words')
  if (given === undefined) return { hint: 'Answer with one JSON object and nothing else: no code fence, no words around it.' }
  const words = 'Answer with JSON that conforms to this JSON Schema and nothing else: no code fence, no words around it.'
  return { hint: `${words}\n${JSON.stringify(given.schema)}` }
}

const tiers: Readonly<Record<string, string | undefined>> = {
  default: 'default',
  standard: 'default',
  standard_only: 'default',
  flex: 'flex',
  priority: 'priority',
  reserved: 'reserved',
}

/** `auto` is what comes without the field. */
export function writeTier({ tier }: Request, writer: Writer): Json | undefined {
  if (tier === undefined || tier === 'auto') return undefined
  const type = entryOf(tiers, tier)
  return type === undefined ? drop(writer, 'service_tier', `there is no tier ${tier}`) : { type }
}

// What the API's own description says of keys and values.
const metadataText = /^[a-zA-Z0-9\s:_@$#=/+,.-]{1,256}$/

/** The client's labels, by which invocation logs can be filtered. */
export function writeMetadata({ metadata = {} }: Request, writer: Writer): Json | undefined {
  const entries = Object.entries(metadata)
  const taken = entries.filter(([key, value]) => metadataText.test(key) && metadataText.test(value)).slice(0, 16)
  if (taken.length < entries.length) drop(writer, 'metadata', 'not all of its texts are taken')
  return taken.length === 0 ? undefined : Object.fromEntries(taken)
}

/** What Converse has no word for: where it would change the answer's meaning, the target cannot serve the request. */
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
  losses.push(
    ...unsaidHints(request, [
      'grammar',
      'tool_groups',
      'tool_extras',
      'name',
      'detail',
      'user',
      'store',
      'prompt_cache_key',
      'max_tool_calls',
    ]),
    ...Object.keys(request.ext).map((field) => lossOfField(field, request)),
  )
  const refuse = (field: string, asked: boolean, reason: string): void => {
    if (asked) losses.push({ field, severity: 'refuse', reason })
  }
  refuse('n', (params.candidates ?? 1) > 1, 'the model gives one answer')
  refuse('logit_bias', params.logitBias !== undefined, 'token numbers mean other tokens there')
  refuse('logprobs', params.logprobs !== undefined, 'the model tells none')
  refuse('modalities', output.modalities?.some((modality) => modality !== 'text') === true, 'the model answers in text')
  refuse('cachedContent', cache?.ref !== undefined, 'the cached content lies at another vendor')
}
