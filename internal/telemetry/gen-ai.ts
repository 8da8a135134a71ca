import type { Attributes } from '@opentelemetry/api'
import type { ProviderDialectName, Request } from '#canonical/request.ts'
import { entryOf } from '#lib/json.ts'

/**
 * Names of the OpenTelemetry semantic conventions for generative AI, which live in a repository of their own since they left the
 * main one: https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-spans.md
 */
export const genAi = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  stream: 'gen_ai.request.stream',
  maxTokens: 'gen_ai.request.max_tokens',
  temperature: 'gen_ai.request.temperature',
  topP: 'gen_ai.request.top_p',
  topK: 'gen_ai.request.top_k',
  frequencyPenalty: 'gen_ai.request.frequency_penalty',
  presencePenalty: 'gen_ai.request.presence_penalty',
  stopSequences: 'gen_ai.request.stop_sequences',
  seed: 'gen_ai.request.seed',
  choiceCount: 'gen_ai.request.choice.count',
  outputType: 'gen_ai.output.type',
  responseId: 'gen_ai.response.id',
  responseModel: 'gen_ai.response.model',
  finishReasons: 'gen_ai.response.finish_reasons',
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheCreationTokens: 'gen_ai.usage.cache_creation.input_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  audioInputTokens: 'gen_ai.usage.audio.input_tokens',
  audioOutputTokens: 'gen_ai.usage.audio.output_tokens',
  systemInstructions: 'gen_ai.system_instructions',
  inputMessages: 'gen_ai.input.messages',
  outputMessages: 'gen_ai.output.messages',
  toolDefinitions: 'gen_ai.tool.definitions',
} as const

/** Where the conventions' word for a provider is not our name of its type. */
const wellKnown: Readonly<Record<string, string>> = {
  gemini: 'gcp.gemini',
  vertex: 'gcp.vertex_ai',
  bedrock: 'aws.bedrock',
  azure: 'azure.ai.openai',
  mistral: 'mistral_ai',
  xai: 'x_ai',
}

/** The conventions' word for a provider: their own where they have one, else the type's name. */
export function providerName(type: string): string {
  return entryOf(wellKnown, type) ?? type
}

/** The conventions' word for what is asked of a provider that speaks this dialect. */
export function operationName(dialect: ProviderDialectName, operation: string | undefined): string {
  if (operation !== undefined) return operation
  if (dialect === 'gemini') return 'generate_content'
  return dialect === 'openai-completions' ? 'text_completion' : 'chat'
}

/** Adds the request's settings; those that the client left out are left out. */
export function addSettings(attributes: Attributes, { stream, params, output }: Request): void {
  const { maxOutput, temperature, topP, topK, frequencyPenalty, presencePenalty, stop, seed, candidates } = params
  if (stream) attributes[genAi.stream] = true
  if (maxOutput !== undefined) attributes[genAi.maxTokens] = maxOutput
  if (temperature !== undefined) attributes[genAi.temperature] = temperature
  if (topP !== undefined) attributes[genAi.topP] = topP
  if (topK !== undefined) attributes[genAi.topK] = topK
  if (frequencyPenalty !== undefined) attributes[genAi.frequencyPenalty] = frequencyPenalty
  if (presencePenalty !== undefined) attributes[genAi.presencePenalty] = presencePenalty
  if (stop !== undefined) attributes[genAi.stopSequences] = [...stop]
  if (seed !== undefined) attributes[genAi.seed] = seed
  if (candidates !== undefined && candidates !== 1) attributes[genAi.choiceCount] = candidates
  if (output.format !== 'text') attributes[genAi.outputType] = 'json'
}
