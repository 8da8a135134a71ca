import type { Loss } from '#canonical/loss.ts'
import type { Effort, Json, Message, Reasoning, Request } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { Encoded, EncodeTarget } from '../dialect.ts'
import { budgetOf, effortOf } from '../effort.ts'
import type { ReasoningTraits } from '../quirks.ts'
import { toolNames } from '../tool-names.ts'
import { writeSchema } from './schema.ts'
import { writeTools } from './tools.ts'
import { type Writer, writeContents } from './write-content.ts'

/** Canonical → Gemini. Source: ai.google.dev/api/generate-content. */
export function encodeRequest(request: Request, target: EncodeTarget): Encoded {
  const names = toolNames(request, /^[a-zA-Z_][a-zA-Z0-9_.:-]*$/, 64)
  const losses: Loss[] = []
  const writer: Writer = { target, names, losses }
  const { system, rest } = leadingSystem(request.messages)
  const tools = writeTools(request, target, names)
  const config = {
    ...writeParams(request, target, losses),
    ...writeOutput(request, target, losses),
    ...writeThinking(request, target, losses),
  }
  const body = compact({
    systemInstruction: system === '' ? undefined : { parts: [{ text: system }] },
    contents: writeContents(rest, writer),
    ...tools.fields,
    generationConfig: Object.keys(config).length === 0 ? undefined : config,
    cachedContent: request.cache?.ref,
  })
  losses.push(...tools.losses, ...otherLosses(request))
  return {
    path: pathOf(target.model, request.stream),
    headers: {},
    body,
    losses,
    ...(names.restore.size > 0 ? { names: names.restore } : {}),
  }
}

/** The stream is always asked for as server-sent events, whatever framing the client wants. */
export function pathOf(model: string, stream: boolean): string {
  const name = encodeURIComponent(model).replaceAll('%2F', '/')
  const full = name.startsWith('tunedModels/') ? name : `models/${name}`
  return `/v1beta/${full}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`
}

function leadingSystem(messages: readonly Message[]): { readonly system: string; readonly rest: readonly Message[] } {
  const end = messages.findIndex(({ role }) => role !== 'system' && role !== 'developer')
  const leading = end < 0 ? messages : messages.slice(0, end)
  const system = leading.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []))).join('\n\n')
  return { system, rest: end < 0 ? [] : messages.slice(end) }
}

const maxStops = 5

function writeParams({ params }: Request, { traits }: EncodeTarget, losses: Loss[]): Json {
  const sampling = traits.sampling !== 'none'
  if (!sampling && (params.temperature ?? params.topP ?? params.topK) !== undefined)
    losses.push({ field: 'temperature', severity: 'drop', reason: 'the model chooses its own sampling' })
  if ((params.stop?.length ?? 0) > maxStops)
    losses.push({ field: 'stop', severity: 'refuse', reason: `${maxStops} stop sequences are taken at most` })
  return compact({
    maxOutputTokens: params.maxOutput,
    stopSequences: params.stop,
    candidateCount: params.candidates === 1 ? undefined : params.candidates,
    temperature:
      sampling && params.temperature !== undefined ? Math.min(params.temperature, traits.maxTemperature ?? 2) : undefined,
    topP: sampling ? params.topP : undefined,
    topK: sampling ? params.topK : undefined,
    presencePenalty: params.presencePenalty,
    frequencyPenalty: params.frequencyPenalty,
    seed: params.seed,
    responseLogprobs: params.logprobs === undefined ? undefined : true,
    logprobs: params.logprobs === undefined || params.logprobs.top === 0 ? undefined : params.logprobs.top,
  })
}

function writeOutput({ output, tools }: Request, { traits }: EncodeTarget, losses: Loss[]): Json {
  const modalities = output.modalities?.map((modality) => modality.toUpperCase())
  const common = compact({ responseModalities: modalities })
  if (output.format === 'text') return common
  // Before Gemini 3 functions and a JSON answer exclude each other.
  if (tools.length > 0 && traits.schemaWithTools === false) {
    losses.push({ field: 'response_format', severity: 'drop', reason: 'the model takes no format together with tools' })
    return common
  }
  const schema = output.schema === undefined ? undefined : writeSchema(output.schema.schema)
  return { ...common, ...compact({ responseMimeType: 'application/json', responseJsonSchema: schema }) }
}

function writeThinking({ reasoning }: Request, { traits }: EncodeTarget, losses: Loss[]): Json {
  if (reasoning === undefined) return {}
  const includeThoughts = reasoning.visible === 'summary' || reasoning.visible === 'full' ? true : undefined
  const effort = effortOf(reasoning)
  switch (traits.reasoning.kind) {
    case 'budget':
      return { thinkingConfig: compact({ thinkingBudget: thinkingBudget(reasoning, traits.reasoning), includeThoughts }) }
    case 'level':
      return {
        thinkingConfig: compact({
          thinkingLevel: effort === undefined ? undefined : nearestLevel(effort, traits.reasoning.levels),
          includeThoughts,
        }),
      }
    default:
      if (effort !== 'none' && effort !== undefined)
        losses.push({ field: 'reasoning', severity: 'drop', reason: 'the model does not reason' })
      return {}
  }
}

function thinkingBudget(reasoning: Reasoning, { min, max, off }: Extract<ReasoningTraits, { kind: 'budget' }>): number {
  const effort = effortOf(reasoning)
  if (effort === undefined) return reasoning.budgetTokens ?? -1
  return effort === 'none' ? (off ?? min) : Math.max(min, budgetOf(reasoning, max))
}

/** The level asked for, or the nearest end of those that the model has. */
function nearestLevel(effort: Effort, levels: readonly string[]): string | undefined {
  const wanted = levelOf(effort)
  const strong = wanted === 'high' || wanted === 'medium'
  return (levels.includes(wanted) ? wanted : strong ? levels.at(-1) : levels[0])?.toUpperCase()
}

function levelOf(effort: string): 'minimal' | 'low' | 'medium' | 'high' {
  if (effort === 'none' || effort === 'minimal') return 'minimal'
  return effort === 'low' || effort === 'medium' ? effort : 'high'
}

function otherLosses({ params, output, dialect, ext, state }: Request): readonly Loss[] {
  const losses: Loss[] = []
  const drop = (field: string, value: unknown): void => {
    if (value !== undefined) losses.push({ field, severity: 'drop', reason: 'it has no counterpart' })
  }
  drop('min_p', params.minP)
  drop('repetition_penalty', params.repetitionPenalty)
  drop('verbosity', output.verbosity)
  drop('max_tool_calls', params.maxToolCalls)
  drop('store', state?.store === true ? true : undefined)
  if (params.logitBias !== undefined)
    losses.push({ field: 'logit_bias', severity: 'refuse', reason: 'token numbers mean other tokens there' })
  if (dialect !== 'gemini') for (const field of Object.keys(ext)) drop(field, true)
  return losses
}
