import type { Failure } from '#canonical/failure.ts'
import type { Effort, Json, OutputFormat, Params, Reasoning, Request } from '#canonical/request.ts'
import { asArray, compact, fieldsThat } from '#lib/json.ts'
import type { Result } from '#lib/result.ts'
import type { ClientCall } from '../dialect.ts'
import {
  arrayAt,
  BadField,
  objectAt,
  optionalArray,
  optionalBoolean,
  optionalInteger,
  optionalNumber,
  optionalObject,
  optionalString,
  optionalStrings,
  optionalWord,
  reading,
  stringAt,
} from '../read.ts'
import { readMessages } from './read-messages.ts'
import { isLegacy, readToolChoice, readTools } from './read-tools.ts'

/** Client → canonical. Source: platform.openai.com/docs/api-reference/chat/create. */
export function decodeRequest({ body, headers }: ClientCall): Result<Request, Failure> {
  return reading(() => readRequest(body, headers))
}

function readRequest(body: Json, headers: ClientCall['headers']): Request {
  // OpenRouter's clients may name a list alone: its first is the model, the others are fallen back to.
  const model = stringAt(body['model'] ?? asArray(body['models'])[0], 'model')
  if (model === '') throw new BadField('model', 'must not be empty')
  const messages = arrayAt(body['messages'], 'messages')
  if (messages.length === 0) throw new BadField('messages', 'must have at least one message')
  const streamOptions = optionalObject(body['stream_options'], 'stream_options')
  const stream = optionalBoolean(body['stream'], 'stream') ?? false
  const mistralStream = stream && isMistralSdk(headers)
  return {
    dialect: 'openai-chat',
    model,
    stream,
    messages: readMessages(messages),
    tools: readTools(body),
    params: readParams(body),
    output: readOutput(body),
    ext: unknownFields(body),
    raw: body,
    ...compact({
      toolChoice: readToolChoice(body),
      parallelTools: readParallel(body),
      reasoning: readReasoning(body),
      cache: readCache(body),
      tier: optionalString(body['service_tier'], 'service_tier'),
      endUser: optionalString(body['safety_identifier'], 'safety_identifier') ?? optionalString(body['user'], 'user'),
      metadata: readMetadata(body['metadata']),
      includeUsage: mistralStream ? true : optionalBoolean(streamOptions?.['include_usage'], 'stream_options.include_usage'),
      wholeCalls: mistralStream ? true : undefined,
    }),
  }
}

/**
 * Mistral's SDKs call the same path but read streams as Mistral writes them: a call in one chunk, a usage at the end that nobody asks for.
 * They tell who they are: `@mistralai/mistralai`, `mistral-client-python`; in browsers in a header of their own.
 */
function isMistralSdk(headers: ClientCall['headers']): boolean {
  return /mistral/i.test(headers['user-agent'] ?? '') || headers['x-mistral-user-agent'] !== undefined
}

function readParams(body: Json): Params {
  const number = (name: string): number | undefined => optionalNumber(body[name], name)
  const logprobs = optionalBoolean(body['logprobs'], 'logprobs')
  return compact({
    maxOutput:
      optionalInteger(body['max_completion_tokens'], 'max_completion_tokens') ??
      optionalInteger(body['max_tokens'], 'max_tokens'),
    stop: optionalStrings(body['stop'], 'stop'),
    candidates: optionalInteger(body['n'], 'n'),
    temperature: number('temperature'),
    topP: number('top_p'),
    topK: optionalInteger(body['top_k'], 'top_k'),
    minP: number('min_p'),
    presencePenalty: number('presence_penalty'),
    frequencyPenalty: number('frequency_penalty'),
    repetitionPenalty: number('repetition_penalty'),
    seed: optionalInteger(body['seed'], 'seed') ?? optionalInteger(body['random_seed'], 'random_seed'),
    logitBias: readLogitBias(body['logit_bias']),
    logprobs: logprobs === true ? { top: optionalInteger(body['top_logprobs'], 'top_logprobs') ?? 0 } : undefined,
  })
}

function readLogitBias(value: unknown): Readonly<Record<string, number>> | undefined {
  const biases = optionalObject(value, 'logit_bias')
  if (biases === undefined || Object.keys(biases).length === 0) return undefined
  return Object.fromEntries(
    Object.entries(biases).map(([token, bias]) => [token, optionalNumber(bias, `logit_bias.${token}`) ?? 0]),
  )
}

function readOutput(body: Json): OutputFormat {
  const format = optionalObject(body['response_format'], 'response_format')
  const common = compact({
    verbosity: optionalWord(body['verbosity'], ['low', 'medium', 'high'], 'verbosity'),
    modalities: optionalArray(body['modalities'], 'modalities')?.map((entry, index) =>
      readModality(entry, `modalities[${index}]`),
    ),
  })
  switch (optionalWord(format?.['type'], ['text', 'json_object', 'json_schema'], 'response_format.type')) {
    case 'json_object': {
      // llama.cpp and Together take the schema here.
      const schema = optionalObject(format?.['schema'], 'response_format.schema')
      return schema === undefined ? { format: 'json', ...common } : { format: 'json_schema', schema: { schema }, ...common }
    }
    case 'json_schema': {
      const given = objectAt(format?.['json_schema'], 'response_format.json_schema')
      const schema = compact({
        name: optionalString(given['name'], 'response_format.json_schema.name'),
        description: optionalString(given['description'], 'response_format.json_schema.description'),
        schema: optionalObject(given['schema'], 'response_format.json_schema.schema') ?? {},
        strict: optionalBoolean(given['strict'], 'response_format.json_schema.strict'),
      })
      return { format: 'json_schema', schema, ...common }
    }
    default:
      return { format: 'text', ...common }
  }
}

function readModality(value: unknown, param: string): 'text' | 'image' | 'audio' {
  const word = optionalWord(value, ['text', 'image', 'audio'], param)
  if (word === undefined) throw new BadField(param, 'must be text, image or audio')
  return word
}

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

/** `reasoning_effort` is OpenAI's; the others are what servers with the same API take, and clients of those send. */
function readReasoning(body: Json): Reasoning | undefined {
  const effort = readEffort(body['reasoning_effort'], 'reasoning_effort')
  const asked = readOpenRouter(body) ?? readThinking(body) ?? readQwen(body)
  const hidden = optionalBoolean(body['include_reasoning'], 'include_reasoning') === false
  const reasoning = compact({
    ...asked,
    ...compact({ effort: effort ?? asked?.effort }),
    visible: hidden ? ('none' as const) : asked?.visible,
  })
  return Object.keys(reasoning).length === 0 && asked === undefined ? undefined : reasoning
}

/** Groq's `default` leaves it to the model. */
function readEffort(value: unknown, param: string): Effort | undefined {
  return value === 'default' ? undefined : optionalWord(value, efforts, param)
}

function readOpenRouter(body: Json): Reasoning | undefined {
  const given = optionalObject(body['reasoning'], 'reasoning')
  if (given === undefined) return undefined
  return compact({
    effort: given['enabled'] === false ? ('none' as const) : readEffort(given['effort'], 'reasoning.effort'),
    budgetTokens: optionalInteger(given['max_tokens'], 'reasoning.max_tokens'),
    visible: given['exclude'] === true ? ('none' as const) : ('full' as const),
  })
}

/** DeepSeek's, Z.ai's and Moonshot's switch. */
function readThinking(body: Json): Reasoning | undefined {
  const given = optionalObject(body['thinking'], 'thinking')
  if (given === undefined) return undefined
  if (given['type'] === 'disabled') return { effort: 'none' }
  return { budgetTokens: optionalInteger(given['budget_tokens'], 'thinking.budget_tokens') ?? -1 }
}

function readQwen(body: Json): Reasoning | undefined {
  const thinking = optionalBoolean(body['enable_thinking'], 'enable_thinking')
  if (thinking === undefined) return undefined
  return thinking ? { budgetTokens: optionalInteger(body['thinking_budget'], 'thinking_budget') ?? -1 } : { effort: 'none' }
}

/** A message of the form before tools has room for one call only. */
function readParallel(body: Json): boolean | undefined {
  const given = optionalBoolean(body['parallel_tool_calls'], 'parallel_tool_calls')
  return isLegacy(body) ? (given ?? false) : given
}

function readCache(body: Json): Request['cache'] {
  const key = optionalString(body['prompt_cache_key'], 'prompt_cache_key')
  return key === undefined ? undefined : { key }
}

function readMetadata(value: unknown): Readonly<Record<string, string>> | undefined {
  const metadata = optionalObject(value, 'metadata')
  if (metadata === undefined) return undefined
  return Object.fromEntries(
    Object.entries(metadata).map(([key, entry]) => {
      if (/^(number|bigint|boolean)$/.test(typeof entry)) return [key, String(entry)]
      return [key, stringAt(entry, `metadata.${key}`)]
    }),
  )
}

const understood = new Set(
  `model messages stream stream_options tools tool_choice functions function_call parallel_tool_calls
   max_completion_tokens max_tokens stop n temperature top_p top_k min_p presence_penalty frequency_penalty
   repetition_penalty seed random_seed logit_bias logprobs top_logprobs verbosity modalities response_format
   reasoning_effort reasoning include_reasoning enable_thinking thinking_budget thinking
   prompt_cache_key service_tier safety_identifier user metadata`.split(/\s+/),
)

function unknownFields(body: Json): Json {
  return fieldsThat(body, (name, value) => !understood.has(name) && value !== null)
}
