import type { Loss } from '#canonical/loss.ts'
import type { Json, Message, Request } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { Encoded, EncodeTarget } from '../dialect.ts'
import { toolNames } from '../tool-names.ts'
import { writeThinking } from './thinking.ts'
import { writeTools } from './tools.ts'
import { cacheControl, type Writer, writeTurns } from './write-content.ts'

// What an unknown old model takes at least; the field is obligatory.
const defaultMaxTokens = 8192

/** Canonical → Claude. Source: docs.anthropic.com/en/api/messages. */
export function encodeRequest(request: Request, target: EncodeTarget): Encoded {
  const names = toolNames(request, /^[a-zA-Z0-9_-]+$/, 64)
  const losses: Loss[] = []
  const writer: Writer = { target, names, losses }
  const { system, rest } = leadingSystem(request.messages)
  const thinking = writeThinking(request, target)
  const tools = writeTools(request, target, names, thinking.on)
  const maxTokens = Math.max(request.params.maxOutput ?? target.traits.maxOutput ?? defaultMaxTokens, thinking.leastMaxTokens)
  const output = writeFormat(request, target, losses)
  const systemBlocks = [...system, ...output.hint]
  const body = compact({
    model: target.model,
    max_tokens: maxTokens,
    system: systemBlocks.length === 0 ? undefined : systemBlocks,
    messages: writeTurns(rest, writer),
    stream: request.stream ? true : undefined,
    ...tools.fields,
    ...writeSampling(request, target, thinking.on, losses),
    thinking: thinking.field,
    output_config: mergeConfig(thinking.effort, output.format),
    cache_control: request.cache?.auto === true ? cacheControl(request.cache.ttl === undefined ? {} : { ttl: request.cache.ttl }) : undefined,
    metadata: request.endUser === undefined ? undefined : { user_id: request.endUser },
    service_tier: tierOf(request.tier),
  })
  losses.push(...tools.losses, ...thinking.losses, ...paramLosses(request))
  return {
    path: '/v1/messages',
    headers: { 'anthropic-version': target.quirks.anthropic?.version ?? '2023-06-01' },
    body,
    losses,
    ...(names.restore.size > 0 ? { names: names.restore } : {}),
  }
}

/** System text at the beginning has a place of its own; what comes later stays in its turn. */
function leadingSystem(messages: readonly Message[]): { readonly system: readonly Json[]; readonly rest: readonly Message[] } {
  const end = messages.findIndex(({ role }) => role !== 'system' && role !== 'developer')
  const leading = end < 0 ? messages : messages.slice(0, end)
  const system = leading.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.kind === 'text' && part.text !== '' ? [compact({ type: 'text', text: part.text, cache_control: cacheControl(part.cacheHint) })] : [])),
  )
  return { system, rest: end < 0 ? [] : messages.slice(end) }
}

function mergeConfig(effort: string | undefined, format: Json | undefined): Json | undefined {
  return effort === undefined && format === undefined ? undefined : compact({ effort, format })
}

/** A schema goes natively where the model takes one; free JSON, and schemas for older models, are asked for in words. */
function writeFormat({ output }: Request, { traits }: EncodeTarget, losses: Loss[]): { readonly format?: Json; readonly hint: readonly Json[] } {
  if (output.format === 'text') return { hint: [] }
  if (output.format === 'json_schema' && traits.jsonSchema && output.schema !== undefined) {
    return { format: { type: 'json_schema', schema: closeObjects(output.schema.schema) }, hint: [] }
  }
  losses.push({ field: 'response_format', severity: 'drop', reason: 'the model takes no such format: it is asked for in words' })
  const words = output.schema === undefined ? 'Answer with one JSON object and nothing else.' : `Answer with JSON that conforms to this JSON Schema, and nothing else:\n${JSON.stringify(output.schema.schema)}`
  return { hint: [{ type: 'text', text: words }] }
}

/** Structured output demands closed objects and refuses bounds. Source: docs.anthropic.com, structured outputs. */
function closeObjects(schema: unknown): Json {
  const written: Record<string, unknown> = {}
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return written
  for (const [key, value] of Object.entries(schema)) {
    if (!unsupported.has(key)) written[key === 'oneOf' ? 'anyOf' : key] = closeValue(key, value)
  }
  if (written['type'] === 'object') written['additionalProperties'] = false
  return written
}

function closeValue(key: string, value: unknown): unknown {
  if (key === 'properties' || key === '$defs' || key === 'definitions') {
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, closeObjects(entry)])) : value
  }
  if (Array.isArray(value)) return key === 'anyOf' || key === 'oneOf' || key === 'allOf' ? value.map(closeObjects) : value
  return key === 'items' ? closeObjects(value) : value
}

const unsupported = new Set(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength', 'pattern', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties', 'patternProperties', 'propertyNames'])

function writeSampling({ params }: Request, { traits }: EncodeTarget, thinks: boolean, losses: Loss[]): Json {
  const dropped = (field: string, reason: string): undefined => {
    losses.push({ field, severity: 'drop', reason })
    return undefined
  }
  const free = traits.sampling !== 'none' && !thinks
  const why = 'the model chooses its own sampling'
  const temperature = params.temperature === undefined || free ? params.temperature : dropped('temperature', why)
  const topP = params.topP === undefined || free ? params.topP : dropped('top_p', why)
  const both = traits.sampling === 'one' && temperature !== undefined && topP !== undefined
  const stop = params.stop?.filter((sequence) => sequence.trim() !== '')
  return compact({
    temperature: temperature === undefined ? undefined : Math.min(temperature, traits.maxTemperature ?? 1, 1),
    top_p: both ? dropped('top_p', 'the model takes temperature or top_p, not both') : topP,
    top_k: params.topK === undefined || free ? params.topK : dropped('top_k', why),
    stop_sequences: stop === undefined || stop.length === 0 ? undefined : stop,
  })
}

/** What Anthropic has no word for: where it would change the answer's meaning, the target cannot serve the request. */
function paramLosses({ params, output, dialect, ext }: Request): readonly Loss[] {
  const losses: Loss[] = []
  const drop = (field: string, value: unknown): void => {
    if (value !== undefined) losses.push({ field, severity: 'drop', reason: 'it has no counterpart' })
  }
  const refuse = (field: string, asked: boolean, reason: string): void => {
    if (asked) losses.push({ field, severity: 'refuse', reason })
  }
  drop('presence_penalty', params.presencePenalty)
  drop('frequency_penalty', params.frequencyPenalty)
  drop('repetition_penalty', params.repetitionPenalty)
  drop('min_p', params.minP)
  drop('seed', params.seed)
  drop('verbosity', output.verbosity)
  drop('max_tool_calls', params.maxToolCalls)
  refuse('n', (params.candidates ?? 1) > 1, 'one answer is all there is')
  refuse('logit_bias', params.logitBias !== undefined, 'token numbers mean other tokens there')
  refuse('logprobs', params.logprobs !== undefined, 'the model tells none')
  refuse('modalities', output.modalities?.some((modality) => modality !== 'text') === true, 'the model answers in text')
  if (dialect !== 'anthropic') for (const field of Object.keys(ext)) drop(field, true)
  return losses
}

function tierOf(tier: string | undefined): string | undefined {
  if (tier === undefined || tier === 'auto' || tier === 'priority') return tier === undefined ? undefined : 'auto'
  return tier === 'default' || tier === 'standard' || tier === 'standard_only' ? 'standard_only' : undefined
}
