import type { Failure } from '#canonical/failure.ts'
import type { ConversationState, Json, Message, OutputFormat, Params, Reasoning, Request, Tool } from '#canonical/request.ts'
import { asObject, compact, fieldsThat } from '#lib/json.ts'
import type { Result } from '#lib/result.ts'
import type { ClientCall } from '../dialect.ts'
import {
  arrayAt,
  BadField,
  objectAt,
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
import { readItems } from './read-items.ts'
import { readToolChoice, readTools } from './read-tools.ts'

/** Client → canonical. Source: platform.openai.com/docs/api-reference/responses/create. */
export function decodeRequest({ body }: ClientCall): Result<Request, Failure> {
  return reading(() => readRequest(body))
}

function readRequest(body: Json): Request {
  const model = stringAt(body['model'], 'model')
  if (model === '') throw new BadField('model', 'must not be empty')
  const state = readState(body)
  const include = optionalStrings(body['include'], 'include') ?? []
  const key = optionalString(body['prompt_cache_key'], 'prompt_cache_key')
  const tools = readTools(body)
  return {
    dialect: 'openai-responses',
    model,
    stream: optionalBoolean(body['stream'], 'stream') ?? false,
    messages: readMessages(body, state, tools),
    tools,
    params: readParams(body, include),
    output: readOutput(body),
    ext: unknownFields(body, include),
    raw: body,
    ...compact({
      toolChoice: readToolChoice(body, tools),
      parallelTools: optionalBoolean(body['parallel_tool_calls'], 'parallel_tool_calls'),
      reasoning: readReasoning(body),
      cache: key === undefined ? undefined : { key },
      tier: optionalString(body['service_tier'], 'service_tier'),
      endUser: optionalString(body['safety_identifier'], 'safety_identifier') ?? optionalString(body['user'], 'user'),
      metadata: readMetadata(body['metadata']),
      state,
    }),
  }
}

/** The input may be left out where the provider knows it: an earlier response, a conversation, a prompt. */
function readMessages(body: Json, state: ConversationState | undefined, tools: readonly Tool[]): readonly Message[] {
  const instructions = optionalString(body['instructions'], 'instructions') ?? ''
  const system: readonly Message[] =
    instructions === '' ? [] : [{ role: 'system', parts: [{ kind: 'text', text: instructions }] }]
  const { input } = body
  if (typeof input === 'string') return [...system, { role: 'user', parts: input === '' ? [] : [{ kind: 'text', text: input }] }]
  if (input === undefined || input === null) {
    if (!knownElsewhere(state)) throw new BadField('input', 'must be a string or an array')
    return system
  }
  const items = arrayAt(input, 'input')
  if (items.length === 0 && !knownElsewhere(state)) throw new BadField('input', 'must have at least one item')
  return [...system, ...readItems(items, tools)]
}

function knownElsewhere(state: ConversationState | undefined): boolean {
  return state?.prompt !== undefined || state?.previousResponseId !== undefined || state?.conversation !== undefined
}

function readState(body: Json): ConversationState | undefined {
  const state: ConversationState = compact({
    store: optionalBoolean(body['store'], 'store'),
    previousResponseId: optionalString(body['previous_response_id'], 'previous_response_id'),
    conversation: readConversation(body['conversation']),
    background: optionalBoolean(body['background'], 'background'),
    prompt: optionalObject(body['prompt'], 'prompt'),
  })
  return Object.keys(state).length === 0 ? undefined : state
}

/** An id, or an object with it. */
function readConversation(value: unknown): unknown {
  return typeof value === 'string' ? value : optionalObject(value, 'conversation')
}

const logprobsInclude = 'message.output_text.logprobs'

function readParams(body: Json, include: readonly string[]): Params {
  const top = optionalInteger(body['top_logprobs'], 'top_logprobs')
  return compact({
    maxOutput: optionalInteger(body['max_output_tokens'], 'max_output_tokens'),
    maxToolCalls: optionalInteger(body['max_tool_calls'], 'max_tool_calls'),
    temperature: optionalNumber(body['temperature'], 'temperature'),
    topP: optionalNumber(body['top_p'], 'top_p'),
    logprobs: (top !== undefined && top > 0) || include.includes(logprobsInclude) ? { top: top ?? 0 } : undefined,
  })
}

function readOutput(body: Json): OutputFormat {
  const text = optionalObject(body['text'], 'text')
  const format = optionalObject(text?.['format'], 'text.format')
  const common = compact({ verbosity: optionalWord(text?.['verbosity'], ['low', 'medium', 'high'], 'text.verbosity') })
  switch (optionalWord(format?.['type'], ['text', 'json_object', 'json_schema'], 'text.format.type')) {
    case 'json_object':
      return { format: 'json', ...common }
    case 'json_schema': {
      const schema = compact({
        name: optionalString(format?.['name'], 'text.format.name'),
        description: optionalString(format?.['description'], 'text.format.description'),
        schema: objectAt(format?.['schema'], 'text.format.schema'),
        strict: optionalBoolean(format?.['strict'], 'text.format.strict'),
      })
      return { format: 'json_schema', schema, ...common }
    }
    default:
      return { format: 'text', ...common }
  }
}

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

function readReasoning(body: Json): Reasoning | undefined {
  const given = optionalObject(body['reasoning'], 'reasoning')
  const effort = optionalWord(given?.['effort'], efforts, 'reasoning.effort')
  const summary =
    optionalString(given?.['summary'], 'reasoning.summary') ??
    optionalString(given?.['generate_summary'], 'reasoning.generate_summary')
  const visible = summary === undefined ? undefined : 'summary'
  return effort === undefined && visible === undefined ? undefined : compact({ effort, visible })
}

function readMetadata(value: unknown): Readonly<Record<string, string>> | undefined {
  const metadata = optionalObject(value, 'metadata')
  return metadata === undefined
    ? undefined
    : Object.fromEntries(Object.entries(metadata).map(([key, entry]) => [key, stringAt(entry, `metadata.${key}`)]))
}

const understood = new Set([
  ...[
    'model',
    'input',
    'instructions',
    'stream',
    'stream_options',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'max_output_tokens',
    'max_tool_calls',
  ],
  ...[
    'temperature',
    'top_p',
    'top_logprobs',
    'text',
    'reasoning',
    'prompt_cache_key',
    'service_tier',
    'safety_identifier',
    'user',
    'metadata',
  ],
  ...['store', 'previous_response_id', 'conversation', 'background', 'prompt', 'include'],
])

/** What of `include` says nothing that another dialect could not give anyway. */
const includesUnderstood = new Set([logprobsInclude, 'reasoning.encrypted_content'])

function unknownFields(body: Json, include: readonly string[]): Json {
  const asked = include.filter((entry) => !includesUnderstood.has(entry))
  const reasoning = fieldsThat(asObject(body['reasoning']), (name, value) => !reasoningUnderstood.has(name) && value !== null)
  return compact({
    ...fieldsThat(body, (name, value) => !understood.has(name) && value !== null),
    include: asked.length === 0 ? undefined : asked,
    reasoning: Object.keys(reasoning).length === 0 ? undefined : reasoning,
  })
}

const reasoningUnderstood = new Set(['effort', 'summary', 'generate_summary'])
