import type { Loss } from '#canonical/loss.ts'
import type { FunctionTool, Json, Request, Tool, ToolChoice } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { BadField, objectAt, optionalArray, optionalBoolean, optionalObject, optionalString, stringAt } from '../read.ts'
import type { ToolNames } from '../tool-names.ts'

export function readTools(body: Json): readonly Tool[] {
  const tools = (optionalArray(body['tools'], 'tools') ?? []).map((tool, index) => readTool(objectAt(tool, `tools[${index}]`), `tools[${index}]`))
  // The form before tools, which old clients still send.
  const functions = (optionalArray(body['functions'], 'functions') ?? []).map((entry, index) => readFunction(objectAt(entry, `functions[${index}]`), `functions[${index}]`))
  return [...tools, ...functions]
}

function readTool(tool: Json, param: string): Tool {
  const type = optionalString(tool['type'], `${param}.type`) ?? 'function'
  if (type === 'function') return readFunction(objectAt(tool['function'], `${param}.function`), `${param}.function`)
  if (type === 'custom') {
    const custom = objectAt(tool['custom'], `${param}.custom`)
    const description = optionalString(custom['description'], `${param}.custom.description`)
    return compact({ kind: 'custom', name: stringAt(custom['name'], `${param}.custom.name`), description, format: custom['format'] })
  }
  return { kind: 'builtin', type, vendor: 'openai', raw: tool }
}

function readFunction(given: Json, param: string): FunctionTool {
  return compact({
    kind: 'function',
    name: stringAt(given['name'], `${param}.name`),
    description: optionalString(given['description'], `${param}.description`),
    schema: optionalObject(given['parameters'], `${param}.parameters`),
    strict: optionalBoolean(given['strict'], `${param}.strict`),
  })
}

export function readToolChoice(body: Json): ToolChoice | undefined {
  const legacy = body['function_call']
  const choice = body['tool_choice'] ?? (typeof legacy === 'object' && legacy !== null ? { type: 'function', function: legacy } : legacy)
  if (choice === undefined || choice === null) return undefined
  if (typeof choice === 'string') {
    if (choice === 'auto' || choice === 'none') return { mode: choice }
    if (choice === 'required' || choice === 'any') return { mode: 'required' }
    throw new BadField('tool_choice', 'must be auto, none, required or an object')
  }
  const given = objectAt(choice, 'tool_choice')
  switch (given['type']) {
    case 'allowed_tools': {
      const allowed = objectAt(given['allowed_tools'], 'tool_choice.allowed_tools')
      const names = (optionalArray(allowed['tools'], 'tool_choice.allowed_tools.tools') ?? []).map((tool, index) => nameIn(tool, `tool_choice.allowed_tools.tools[${index}]`))
      return { mode: allowed['mode'] === 'required' ? 'required' : 'auto', names }
    }
    case 'function':
    case 'custom':
      return { mode: 'one', names: [nameIn(given, 'tool_choice')] }
    default:
      throw new BadField('tool_choice.type', 'must be function, custom or allowed_tools')
  }
}

function nameIn(value: unknown, param: string): string {
  const tool = objectAt(value, param)
  const inner = tool['type'] === 'custom' ? 'custom' : 'function'
  return stringAt(objectAt(tool[inner], `${param}.${inner}`)['name'], `${param}.${inner}.name`)
}

/** Whether custom tools are known; elsewhere they are functions with one text argument. */
export function takesCustomTools({ quirks }: EncodeTarget): boolean {
  return quirks.chat?.customTools === true
}

export type WrittenTools = { readonly fields: Json; readonly losses: readonly Loss[] }

/** The tools, the choice among them, and what of it the provider cannot take. */
export function writeTools(request: Request, target: EncodeTarget, names: ToolNames): WrittenTools {
  const losses: Loss[] = []
  const onlyBuiltin = request.tools.length > 0 && request.tools.every((tool) => tool.kind === 'builtin')
  const written: Json[] = []
  for (const [index, tool] of request.tools.entries()) {
    if (tool.kind === 'builtin') losses.push({ field: `tools[${index}].${tool.type}`, severity: onlyBuiltin ? 'refuse' : 'drop', reason: `the tool ${tool.type} runs at another vendor only` })
    else written.push(writeTool(tool, target, names))
  }
  if (written.length === 0) return { fields: {}, losses }
  const choice = writeChoice(request, target, names, losses)
  return { fields: compact({ tools: choice.only ?? written, tool_choice: choice.value, parallel_tool_calls: request.parallelTools }), losses }
}

function writeTool(tool: Exclude<Tool, { kind: 'builtin' }>, target: EncodeTarget, names: ToolNames): Json {
  const name = names.toProvider(tool.name)
  if (tool.kind === 'function') {
    const strict = tool.strict === true ? true : undefined
    return { type: 'function', function: compact({ name, description: tool.description, parameters: tool.schema, strict }) }
  }
  if (takesCustomTools(target)) return { type: 'custom', custom: compact({ name, description: tool.description, format: tool.format }) }
  return {
    type: 'function',
    function: compact({
      name,
      description: tool.description,
      parameters: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
    }),
  }
}

function writeChoice(request: Request, target: EncodeTarget, names: ToolNames, losses: Loss[]): { readonly value: unknown; readonly only?: readonly Json[] } {
  const { toolChoice } = request
  if (toolChoice === undefined) return { value: undefined }
  const wanted = new Set(toolChoice.names ?? [])
  const subset = request.tools.flatMap((tool) => (tool.kind !== 'builtin' && wanted.has(tool.name) ? [writeTool(tool, target, names)] : []))
  if (toolChoice.mode === 'none') return { value: 'none' }
  const forced = toolChoice.mode === 'required' || toolChoice.mode === 'one'
  const reasons = request.reasoning?.effort !== 'none' && target.traits.reasoning.kind !== 'none'
  if (forced && (target.traits.forcedTool === 'no' || (target.traits.forcedTool === 'unless_reasoning' && reasons))) {
    losses.push({ field: 'tool_choice', severity: 'drop', reason: 'the model cannot be made to call a tool while it reasons' })
    return subset.length > 0 ? { value: 'auto', only: subset } : { value: 'auto' }
  }
  const required = target.quirks.chat?.requiredChoice ?? 'required'
  if (toolChoice.mode === 'one') {
    const [name = ''] = toolChoice.names ?? []
    return { value: { type: 'function', function: { name: names.toProvider(name) } } }
  }
  const value = toolChoice.mode === 'required' ? required : 'auto'
  return wanted.size > 0 && subset.length > 0 ? { value, only: subset } : { value }
}
