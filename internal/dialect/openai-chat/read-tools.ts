import type { FunctionTool, Json, Tool, ToolChoice } from '#canonical/request.ts'
import { asArray, asString, compact, isObject } from '#lib/json.ts'
import {
  BadField,
  objectAt,
  optionalArray,
  optionalBoolean,
  optionalObject,
  optionalString,
  optionalWord,
  stringAt,
} from '../read.ts'

/** Whether the client speaks the form before tools (`functions`, `function_call`), in which it also wants the answer. */
export function isLegacy(body: Json): boolean {
  return asArray(body['functions']).length > 0 && asArray(body['tools']).length === 0
}

export function readTools(body: Json): readonly Tool[] {
  const tools = optionalArray(body['tools'], 'tools') ?? []
  const functions = optionalArray(body['functions'], 'functions') ?? []
  return [
    ...tools.map((tool, index) => readTool(objectAt(tool, `tools[${index}]`), `tools[${index}]`)),
    ...functions.map((entry, index) => readFunction(objectAt(entry, `functions[${index}]`), `functions[${index}]`)),
  ]
}

function readTool(tool: Json, param: string): Tool {
  const type = optionalString(tool['type'], `${param}.type`) ?? 'function'
  if (type === 'function') return readFunction(objectAt(tool['function'], `${param}.function`), `${param}.function`)
  if (type === 'custom') {
    const custom = objectAt(tool['custom'], `${param}.custom`)
    const description = optionalString(custom['description'], `${param}.custom.description`)
    const name = stringAt(custom['name'], `${param}.custom.name`)
    return compact({ kind: 'custom', name, description, format: custom['format'] })
  }
  // OpenRouter's tools carry its name: `openrouter:web_search`.
  const vendor = type.includes(':') ? (type.split(':')[0] ?? 'openai') : 'openai'
  return { kind: 'builtin', type, vendor, raw: tool }
}

function readFunction(given: Json, param: string): FunctionTool {
  return compact({
    kind: 'function',
    name: stringAt(given['name'], `${param}.name`),
    description: optionalString(given['description'], `${param}.description`),
    schema: optionalObject(given['parameters'], `${param}.parameters`),
    strict: optionalBoolean(given['strict'], `${param}.strict`),
    cacheHint: isObject(given['cache_control']) ? compact({ ttl: asString(given['cache_control']['ttl']) }) : undefined,
  })
}

export function readToolChoice(body: Json): ToolChoice | undefined {
  const legacy = body['function_call']
  if (body['tool_choice'] === undefined && isObject(legacy)) {
    return { mode: 'one', names: [stringAt(legacy['name'], 'function_call.name')] }
  }
  const choice = body['tool_choice'] ?? legacy
  if (choice === undefined || choice === null) return undefined
  return typeof choice === 'string' ? choiceOfWord(choice) : choiceOfObject(objectAt(choice, 'tool_choice'))
}

/** `any` is Mistral's word for `required`. */
function choiceOfWord(word: string): ToolChoice {
  if (word === 'auto' || word === 'none') return { mode: word }
  if (word === 'required' || word === 'any') return { mode: 'required' }
  throw new BadField('tool_choice', 'must be auto, none, required or an object')
}

function choiceOfObject(given: Json): ToolChoice {
  const type = stringAt(given['type'], 'tool_choice.type')
  if (type === 'function' || type === 'custom') return { mode: 'one', names: [nameIn(given, 'tool_choice')] }
  // A tool that runs at the provider is named by its type.
  if (type !== 'allowed_tools') return { mode: 'one', names: [type] }
  const param = 'tool_choice.allowed_tools'
  const allowed = objectAt(given['allowed_tools'], param)
  const mode = optionalWord(allowed['mode'], ['auto', 'required'], `${param}.mode`) ?? 'auto'
  const tools = optionalArray(allowed['tools'], `${param}.tools`) ?? []
  return { mode, names: tools.map((tool, index) => nameIn(tool, `${param}.tools[${index}]`)) }
}

/** The name stands in an object named as the type; some clients write it beside the type, as Responses has it. */
function nameIn(value: unknown, param: string): string {
  const tool = objectAt(value, param)
  const type = tool['type'] === 'custom' ? 'custom' : 'function'
  const inner = tool[type]
  if (inner === undefined && tool['name'] !== undefined) return stringAt(tool['name'], `${param}.name`)
  return stringAt(objectAt(inner, `${param}.${type}`)['name'], `${param}.${type}.name`)
}
