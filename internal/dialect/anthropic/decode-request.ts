import type { Failure } from '#canonical/failure.ts'
import type { Json, Message, OutputFormat, Params, Reasoning, Request, Tool, ToolChoice } from '#canonical/request.ts'
import { asString, compact, fieldsThat, isObject } from '#lib/json.ts'
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
  reading,
  stringAt,
} from '../read.ts'
import { unloadCarriers } from './carry.ts'
import { readBlocks, readCacheHint } from './content.ts'

/** Client → canonical, also for counting tokens, where no limit is given. Source: docs.anthropic.com/en/api/messages. */
export function decodeRequest({ body, path }: ClientCall): Result<Request, Failure> {
  return reading(() => {
    const request = readRequest(body)
    const counts = path.endsWith('/count_tokens')
    if (!counts && request.params.maxOutput === undefined) throw new BadField('max_tokens', 'is required')
    return request
  })
}

function readRequest(body: Json): Request {
  const model = stringAt(body['model'], 'model')
  if (model === '') throw new BadField('model', 'must not be empty')
  const choice = optionalObject(body['tool_choice'], 'tool_choice')
  const output = optionalObject(body['output_config'], 'output_config')
  const format = optionalObject(output?.['format'] ?? body['output_format'], 'output_config.format')
  const metadata = optionalObject(body['metadata'], 'metadata')
  return {
    dialect: 'anthropic',
    model,
    stream: optionalBoolean(body['stream'], 'stream') ?? false,
    messages: [...readSystem(body['system']), ...readMessages(body['messages'])],
    tools: (optionalArray(body['tools'], 'tools') ?? []).map((tool, index) =>
      readTool(objectAt(tool, `tools[${index}]`), `tools[${index}]`),
    ),
    params: readParams(body),
    output: readOutput(format),
    ext: unknownFields(body),
    raw: body,
    ...compact({
      toolChoice: readToolChoice(choice),
      parallelTools: choice?.['disable_parallel_tool_use'] === true ? false : undefined,
      reasoning: readReasoning(body, output),
      cache: readCache(body),
      tier: optionalString(body['service_tier'], 'service_tier'),
      endUser: optionalString(metadata?.['user_id'], 'metadata.user_id'),
    }),
  }
}

function readOutput(format: Json | undefined): OutputFormat {
  if (format?.['type'] !== 'json_schema') return { format: 'text' }
  return {
    format: 'json_schema',
    schema: { schema: optionalObject(format['schema'], 'output_config.format.schema') ?? {}, strict: true },
  }
}

function readSystem(system: unknown): readonly Message[] {
  if (system === undefined || system === null || system === '') return []
  return [{ role: 'system', parts: readBlocks(system, 'system') }]
}

function readMessages(value: unknown): readonly Message[] {
  const messages = arrayAt(value, 'messages')
  if (messages.length === 0) throw new BadField('messages', 'must have at least one message')
  const called = new Map<string, string>()
  return messages.flatMap((entry, index) => readMessage(objectAt(entry, `messages[${index}]`), `messages[${index}]`, called))
}

/** A message, or two: tool results are a user's blocks here and a message of their own in the canonical form. */
function readMessage(message: Json, param: string, called: Map<string, string>): readonly Message[] {
  const role = stringAt(message['role'], `${param}.role`)
  if (role !== 'user' && role !== 'assistant' && role !== 'system')
    throw new BadField(`${param}.role`, 'must be user, assistant or system')
  const parts = unloadCarriers(readBlocks(message['content'], `${param}.content`))
  for (const part of parts) if (part.kind === 'tool_call') called.set(part.id, part.name)
  const results = parts.flatMap((part) =>
    part.kind === 'tool_result' ? [compact({ ...part, name: called.get(part.callId) })] : [],
  )
  if (results.length === 0) return [{ role, parts }]
  const rest = parts.filter((part) => part.kind !== 'tool_result')
  const turn: Message = { role: 'tool', parts: results }
  return rest.length === 0 ? [turn] : [turn, { role, parts: rest }]
}

function readTool(tool: Json, param: string): Tool {
  const type = optionalString(tool['type'], `${param}.type`) ?? 'custom'
  if (type !== 'custom') return { kind: 'builtin', type, vendor: 'anthropic', raw: tool }
  return compact({
    kind: 'function',
    name: stringAt(tool['name'], `${param}.name`),
    description: optionalString(tool['description'], `${param}.description`),
    schema: optionalObject(tool['input_schema'], `${param}.input_schema`),
    strict: optionalBoolean(tool['strict'], `${param}.strict`),
    cacheHint: readCacheHint(tool),
  })
}

function readToolChoice(choice: Json | undefined): ToolChoice | undefined {
  switch (choice?.['type']) {
    case undefined:
      return undefined
    case 'auto':
      return { mode: 'auto' }
    case 'none':
      return { mode: 'none' }
    case 'any':
      return { mode: 'required' }
    case 'tool':
      return { mode: 'one', names: [stringAt(choice?.['name'], 'tool_choice.name')] }
    default:
      throw new BadField('tool_choice.type', 'must be auto, any, tool or none')
  }
}

function readParams(body: Json): Params {
  return compact({
    maxOutput: optionalInteger(body['max_tokens'], 'max_tokens'),
    stop: optionalStrings(body['stop_sequences'], 'stop_sequences'),
    temperature: optionalNumber(body['temperature'], 'temperature'),
    topP: optionalNumber(body['top_p'], 'top_p'),
    topK: optionalInteger(body['top_k'], 'top_k'),
  })
}

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

/** Words of effort that are not known yet count as unsaid: they pass to Anthropic as they came. */
function readReasoning(body: Json, output: Json | undefined): Reasoning | undefined {
  const thinking = optionalObject(body['thinking'], 'thinking')
  const effort = efforts.find((known) => known === asString(output?.['effort']))
  if (thinking === undefined) return effort === undefined ? undefined : { effort }
  const budgetTokens = optionalInteger(thinking['budget_tokens'], 'thinking.budget_tokens')
  switch (optionalString(thinking['type'], 'thinking.type')) {
    case 'disabled':
    case 'between_tools':
      return { effort: 'none' }
    case 'enabled':
      // Here thoughts are shown unless told otherwise; `adaptive` leaves that to the model.
      return compact({ budgetTokens, effort, visible: visibleOf(thinking) ?? 'summary' })
    case 'adaptive':
      return compact({ budgetTokens: -1, effort, visible: visibleOf(thinking) })
    default:
      throw new BadField('thinking.type', 'must be enabled, adaptive, between_tools or disabled')
  }
}

function visibleOf({ display }: Json): Reasoning['visible'] {
  if (display === 'omitted') return 'none'
  return display === 'summarized' ? 'summary' : undefined
}

function readCache(body: Json): Request['cache'] {
  const control = body['cache_control']
  return isObject(control) ? compact({ auto: true, ttl: asString(control['ttl']) }) : undefined
}

const understood = new Set([
  ...[
    'model',
    'messages',
    'system',
    'stream',
    'tools',
    'tool_choice',
    'max_tokens',
    'stop_sequences',
    'temperature',
    'top_p',
    'top_k',
  ],
  ...['thinking', 'output_config', 'output_format', 'cache_control', 'service_tier', 'metadata'],
])

function unknownFields(body: Json): Json {
  return fieldsThat(body, (name, value) => !understood.has(name) && value !== null)
}
