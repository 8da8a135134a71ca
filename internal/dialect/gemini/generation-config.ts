import type { Effort, Json, Params, Reasoning, Request } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { budgetOf, effortOf, nearestEffort } from '../effort.ts'
import { outputLimit } from '../output-limit.ts'
import type { ReasoningTraits } from '../quirks.ts'
import { type StopSequences, stopSequences } from '../stop.ts'
import { writeSchema } from './schema.ts'
import type { Writer } from './write-content.ts'

/** `generationConfig`: limits, sampling, the form of the answer, thinking. Source: ai.google.dev/api/generate-content. */
export function writeConfig(request: Request, writer: Writer): Json {
  return {
    ...writeLimits(request, writer),
    ...writeSampling(request, writer),
    ...writeOutput(request, writer),
    ...writeThinking(request, writer),
  }
}

const maxStops = 5

export function stopOf({ stop }: Params, { traits }: EncodeTarget): StopSequences {
  return stopSequences(stop, (_sequence, index) => traits.stop !== false && index < maxStops)
}

function writeLimits({ params }: Request, writer: Writer): Json {
  const { traits } = writer.target
  const { sent } = stopOf(params, writer.target)
  const limit = outputLimit(params.maxOutput, traits.maxOutput)
  writer.losses.push(...limit.losses)
  return compact({
    maxOutputTokens: limit.tokens,
    stopSequences: sent.length === 0 ? undefined : sent,
    candidateCount: writeCandidates(params, writer),
  })
}

function writeCandidates({ candidates }: Params, { target, losses }: Writer): number | undefined {
  if (candidates === undefined || candidates === 1 || target.traits.candidates !== false)
    return candidates === 1 ? undefined : candidates
  losses.push({ field: 'n', severity: 'refuse', reason: 'the model gives one answer' })
  return undefined
}

function drop({ losses }: Writer, field: string, reason: string): undefined {
  losses.push({ field, severity: 'drop', reason })
  return undefined
}

function writeSampling({ params }: Request, writer: Writer): Json {
  const { traits } = writer.target
  const take = (field: string, value: number | undefined): number | undefined =>
    value !== undefined && traits.sampling === 'none' ? drop(writer, field, 'the model chooses its own sampling') : value
  const penalty = (field: string, value: number | undefined): number | undefined =>
    value !== undefined && traits.penalties === false ? drop(writer, field, 'the model does not take it') : take(field, value)
  const temperature = take('temperature', params.temperature)
  const logprobs = params.logprobs
  return compact({
    temperature: temperature === undefined ? undefined : Math.min(temperature, traits.maxTemperature ?? 2),
    topP: take('top_p', params.topP),
    topK: take('top_k', params.topK),
    presencePenalty: penalty('presence_penalty', params.presencePenalty),
    frequencyPenalty: penalty('frequency_penalty', params.frequencyPenalty),
    seed: params.seed,
    responseLogprobs: logprobs === undefined ? undefined : true,
    logprobs: logprobs === undefined || logprobs.top === 0 ? undefined : logprobs.top,
  })
}

function writeOutput({ output, tools }: Request, writer: Writer): Json {
  const modalities = compact({ responseModalities: output.modalities?.map((modality) => modality.toUpperCase()) })
  if (output.format === 'text') return modalities
  // Before Gemini 3 functions and a JSON answer exclude each other.
  if (tools.length > 0 && writer.target.traits.schemaWithTools === false) {
    drop(writer, 'response_format', 'the model takes no format together with tools')
    return modalities
  }
  const schema = output.schema === undefined ? undefined : writeSchema(output.schema.schema)
  return { ...modalities, responseMimeType: 'application/json', ...compact({ responseJsonSchema: schema }) }
}

function writeThinking({ reasoning }: Request, writer: Writer): Json {
  if (reasoning === undefined) return {}
  const { traits } = writer.target
  const effort = effortOf(reasoning)
  const shown = reasoning.visible === 'summary' || reasoning.visible === 'full' ? true : undefined
  const includeThoughts = shown ?? (reasoning.visible === 'none' ? false : undefined)
  switch (traits.reasoning.kind) {
    case 'budget':
      return thinkingConfig({ thinkingBudget: budget(reasoning, traits.reasoning), includeThoughts })
    case 'level': {
      const level = effort === undefined ? undefined : nearestEffort(effort, traits.reasoning.levels)
      if (effort === 'none') drop(writer, 'reasoning_effort', 'the model always thinks')
      return thinkingConfig({ thinkingLevel: level?.toUpperCase(), includeThoughts })
    }
    default:
      if (effort !== 'none' && effort !== undefined) drop(writer, 'reasoning_effort', 'the model does not reason')
      return {}
  }
}

function thinkingConfig(fields: { readonly [name: string]: unknown }): Json {
  const written: Json = compact(fields)
  return Object.keys(written).length === 0 ? {} : { thinkingConfig: written }
}

/** Undefined where the client said nothing of how much: the model decides. */
function budget(reasoning: Reasoning, { min, max, off }: Extract<ReasoningTraits, { kind: 'budget' }>): number | undefined {
  const effort: Effort | undefined = effortOf(reasoning)
  if (effort === undefined) return reasoning.budgetTokens
  return effort === 'none' ? (off ?? min) : Math.max(min, budgetOf(reasoning, max))
}
