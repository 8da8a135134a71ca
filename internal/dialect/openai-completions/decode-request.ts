import type { Failure } from '#canonical/failure.ts'
import type { Json, Message, Params, Request } from '#canonical/request.ts'
import { compact, fieldsThat } from '#lib/json.ts'
import type { Result } from '#lib/result.ts'
import type { ClientCall } from '../dialect.ts'
import {
  BadField,
  optionalBoolean,
  optionalInteger,
  optionalNumber,
  optionalObject,
  optionalString,
  optionalStrings,
  reading,
  stringAt,
} from '../read.ts'

/** Client → canonical. Source: platform.openai.com/docs/api-reference/completions/create. */
export function decodeRequest({ body }: ClientCall): Result<Request, Failure> {
  return reading(() => readRequest(body))
}

function readRequest(body: Json): Request {
  const model = stringAt(body['model'], 'model')
  if (model === '') throw new BadField('model', 'must not be empty')
  const options = optionalObject(body['stream_options'], 'stream_options')
  const nativeOnly = onlyNative(body)
  return compact({
    dialect: 'openai-completions',
    model,
    stream: optionalBoolean(body['stream'], 'stream') ?? false,
    messages: readPrompt(body['prompt']),
    tools: [],
    params: readParams(body),
    output: { format: 'text' as const },
    endUser: optionalString(body['user'], 'user'),
    includeUsage: optionalBoolean(options?.['include_usage'], 'stream_options.include_usage'),
    nativeOnly: nativeOnly.length === 0 ? undefined : nativeOnly,
    ext: unknownFields(body),
    raw: body,
  })
}

/** Several prompts and tokens have no text here that could be planned by; only a provider of this route can serve them. */
function readPrompt(value: unknown): readonly Message[] {
  if (value === undefined || value === null) throw new BadField('prompt', 'is required')
  const texts =
    typeof value === 'string' ? [value] : Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined
  if (texts === undefined) throw new BadField('prompt', 'must be a text, a list of texts, or tokens')
  return texts.map((text) => ({ role: 'user', parts: [{ kind: 'text', text }] }))
}

/** What a conversation cannot say. */
function onlyNative(body: Json): readonly string[] {
  const { prompt } = body
  const fields: readonly (readonly [string, boolean])[] = [
    ['prompt', typeof prompt !== 'string' && !(Array.isArray(prompt) && prompt.length === 1 && typeof prompt[0] === 'string')],
    ['suffix', typeof body['suffix'] === 'string' && body['suffix'] !== ''],
    ['echo', body['echo'] === true],
    ['best_of', typeof body['best_of'] === 'number' && body['best_of'] > (optionalInteger(body['n'], 'n') ?? 1)],
    ['logprobs', typeof body['logprobs'] === 'number'],
  ]
  return fields.flatMap(([name, used]) => (used ? [name] : []))
}

function readParams(body: Json): Params {
  return compact({
    maxOutput: optionalInteger(body['max_tokens'], 'max_tokens'),
    stop: optionalStrings(body['stop'], 'stop'),
    candidates: optionalInteger(body['n'], 'n'),
    temperature: optionalNumber(body['temperature'], 'temperature'),
    topP: optionalNumber(body['top_p'], 'top_p'),
    presencePenalty: optionalNumber(body['presence_penalty'], 'presence_penalty'),
    frequencyPenalty: optionalNumber(body['frequency_penalty'], 'frequency_penalty'),
    seed: optionalInteger(body['seed'], 'seed'),
  })
}

const understood = new Set(
  `model prompt stream stream_options max_tokens stop n temperature top_p presence_penalty frequency_penalty seed user suffix
   echo best_of logprobs`.split(/\s+/),
)

function unknownFields(body: Json): Json {
  return fieldsThat(body, (name, value) => !understood.has(name) && value !== null)
}
