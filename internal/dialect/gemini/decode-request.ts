import type { Failure } from '#canonical/failure.ts'
import type { Json, OutputFormat, Params, Reasoning, Request, Tool, ToolChoice } from '#canonical/request.ts'
import { asArray, asObject, asString, compact, isObject } from '#lib/json.ts'
import type { Result } from '#lib/result.ts'
import type { ClientCall } from '../dialect.ts'
import {
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
import { readContents, readSystem } from './content.ts'
import { normalizeObject } from './normalize.ts'
import { readSchema } from './schema.ts'

/** Client → canonical. Source: ai.google.dev/api/generate-content. */
export function decodeRequest(call: ClientCall): Result<Request, Failure> {
  return reading(() => readRequest(call))
}

function readRequest({ path, pathModel, query, body: raw }: ClientCall): Request {
  const outer = normalizeObject(raw)
  const body = isObject(outer['generateContentRequest']) ? outer['generateContentRequest'] : outer
  const model = (pathModel ?? optionalString(body['model'], 'model') ?? '').replace(/^models\//, '')
  if (model === '') throw new BadField('model', 'must be named in the path')
  const config = optionalObject(body['generationConfig'], 'generationConfig') ?? {}
  const stream = path.endsWith(':streamGenerateContent')
  const toolConfig = asObject(asObject(body['toolConfig'])['functionCallingConfig'])
  return compact({
    dialect: 'gemini',
    model,
    stream,
    framing: stream ? (query.get('alt') === 'sse' ? ('sse' as const) : ('json-array' as const)) : undefined,
    messages: [...readSystem(body['systemInstruction']), ...readContents(body['contents'])],
    tools: (optionalArray(body['tools'], 'tools') ?? []).flatMap((tool, index) =>
      readTools(objectAt(tool, `tools[${index}]`), `tools[${index}]`),
    ),
    toolChoice: readToolChoice(toolConfig),
    params: readParams(config),
    output: readOutput(config),
    reasoning: readReasoning(config),
    cache: typeof body['cachedContent'] === 'string' ? { ref: body['cachedContent'] } : undefined,
    tier: optionalString(body['serviceTier'], 'serviceTier'),
    ext: unknownFields(body, config),
    raw,
  })
}

function readTools(tool: Json, param: string): readonly Tool[] {
  return Object.entries(tool).flatMap(([key, value]): readonly Tool[] => {
    if (value === null) return []
    if (key !== 'functionDeclarations') return [{ kind: 'builtin', type: key, vendor: 'gemini', raw: { [key]: value } }]
    return asArray(value).map((entry, index) =>
      readFunction(objectAt(entry, `${param}.functionDeclarations[${index}]`), `${param}.functionDeclarations[${index}]`),
    )
  })
}

function readFunction(given: Json, param: string): Tool {
  const json = given['parametersJsonSchema']
  return compact({
    kind: 'function',
    name: stringAt(given['name'], `${param}.name`),
    description: optionalString(given['description'], `${param}.description`),
    schema: isObject(json) ? json : isObject(given['parameters']) ? readSchema(given['parameters']) : undefined,
  })
}

const modes: readonly string[] = ['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED']

function readToolChoice(config: Json): ToolChoice | undefined {
  const mode = typeof config['mode'] === 'number' ? modes[config['mode']] : asString(config['mode'])?.toUpperCase()
  const names = optionalStrings(config['allowedFunctionNames'], 'toolConfig.functionCallingConfig.allowedFunctionNames')
  switch (mode) {
    case 'ANY':
      if (names?.length === 1) return { mode: 'one', names }
      return names === undefined ? { mode: 'required' } : { mode: 'required', names }
    case 'NONE':
      return { mode: 'none' }
    case 'AUTO':
    case 'VALIDATED':
      return names === undefined ? { mode: 'auto' } : { mode: 'auto', names }
    default:
      return undefined
  }
}

function readParams(config: Json): Params {
  const number = (name: string): number | undefined => optionalNumber(config[name], `generationConfig.${name}`)
  const logprobs = optionalBoolean(config['responseLogprobs'], 'generationConfig.responseLogprobs')
  return compact({
    maxOutput: optionalInteger(config['maxOutputTokens'], 'generationConfig.maxOutputTokens'),
    stop: optionalStrings(config['stopSequences'], 'generationConfig.stopSequences'),
    candidates: optionalInteger(config['candidateCount'], 'generationConfig.candidateCount'),
    temperature: number('temperature'),
    topP: number('topP'),
    topK: number('topK'),
    presencePenalty: number('presencePenalty'),
    frequencyPenalty: number('frequencyPenalty'),
    seed: optionalInteger(config['seed'], 'generationConfig.seed'),
    logprobs: logprobs === true ? { top: number('logprobs') ?? 0 } : undefined,
  })
}

function readOutput(config: Json): OutputFormat {
  const modalities = optionalStrings(config['responseModalities'], 'generationConfig.responseModalities')?.map((word) =>
    word.toLowerCase(),
  )
  const kept = modalities?.flatMap((word) => (word === 'text' || word === 'image' || word === 'audio' ? ([word] as const) : []))
  const common = kept === undefined ? {} : { modalities: kept }
  const json = config['responseJsonSchema']
  const schema = isObject(json) ? json : isObject(config['responseSchema']) ? readSchema(config['responseSchema']) : undefined
  if (schema !== undefined) return { format: 'json_schema', schema: { schema }, ...common }
  const mime = asString(config['responseMimeType'])
  return { format: mime === 'application/json' ? 'json' : 'text', ...common }
}

function readReasoning(config: Json): Reasoning | undefined {
  const thinking = config['thinkingConfig']
  if (!isObject(thinking)) return undefined
  const level = asString(thinking['thinkingLevel'])?.toLowerCase()
  const effort = (['minimal', 'low', 'medium', 'high'] as const).find((known) => known === level)
  return compact({
    effort,
    budgetTokens: optionalInteger(thinking['thinkingBudget'], 'generationConfig.thinkingConfig.thinkingBudget'),
    visible: thinking['includeThoughts'] === true ? ('full' as const) : undefined,
  })
}

const understood = new Set([
  'model',
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'cachedContent',
  'serviceTier',
])
const understoodConfig = new Set([
  ...[
    'maxOutputTokens',
    'stopSequences',
    'candidateCount',
    'temperature',
    'topP',
    'topK',
    'presencePenalty',
    'frequencyPenalty',
    'seed',
  ],
  ...[
    'responseLogprobs',
    'logprobs',
    'responseModalities',
    'responseJsonSchema',
    'responseSchema',
    'responseMimeType',
    'thinkingConfig',
  ],
])

function unknownFields(body: Json, config: Json): Json {
  const left = (from: Json, known: ReadonlySet<string>): readonly (readonly [string, unknown])[] =>
    Object.entries(from).filter(([name, value]) => !known.has(name) && value !== null && value !== undefined)
  return Object.fromEntries([
    ...left(body, understood),
    ...left(config, understoodConfig).map(([name, value]) => [`generationConfig.${name}`, value] as const),
  ])
}
