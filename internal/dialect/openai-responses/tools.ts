import type { Loss } from '#canonical/loss.ts'
import type { FunctionTool, Json, Request, Tool, ToolChoice } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { arrayAt, BadField, objectAt, optionalArray, optionalBoolean, optionalObject, optionalString, stringAt } from '../read.ts'
import type { ToolNames } from '../tool-names.ts'

export function readTools(body: Json): readonly Tool[] {
  return (optionalArray(body['tools'], 'tools') ?? []).flatMap((tool, index) =>
    readTool(objectAt(tool, `tools[${index}]`), `tools[${index}]`),
  )
}

function readTool(tool: Json, param: string, namespace?: string): readonly Tool[] {
  const type = stringAt(tool['type'], `${param}.type`)
  switch (type) {
    case 'function':
      return [readFunction(tool, param, namespace)]
    case 'custom': {
      const description = optionalString(tool['description'], `${param}.description`)
      return [compact({ kind: 'custom', name: stringAt(tool['name'], `${param}.name`), description, format: tool['format'] })]
    }
    case 'namespace': {
      const name = stringAt(tool['name'], `${param}.name`)
      return arrayAt(tool['tools'], `${param}.tools`).flatMap((inner, index) =>
        readTool(objectAt(inner, `${param}.tools[${index}]`), `${param}.tools[${index}]`, name),
      )
    }
    default:
      return [{ kind: 'builtin', type, vendor: 'openai', raw: tool }]
  }
}

function readFunction(tool: Json, param: string, namespace: string | undefined): FunctionTool {
  return compact({
    kind: 'function',
    name: stringAt(tool['name'], `${param}.name`),
    description: optionalString(tool['description'], `${param}.description`),
    schema: optionalObject(tool['parameters'], `${param}.parameters`),
    strict: optionalBoolean(tool['strict'], `${param}.strict`),
    namespace,
  })
}

export function readToolChoice(body: Json): ToolChoice | undefined {
  const choice = body['tool_choice']
  if (choice === undefined || choice === null) return undefined
  if (typeof choice === 'string') {
    if (choice === 'auto' || choice === 'none' || choice === 'required') return { mode: choice }
    throw new BadField('tool_choice', 'must be auto, none, required or an object')
  }
  const given = objectAt(choice, 'tool_choice')
  if (given['type'] !== 'allowed_tools') return { mode: 'one', names: [nameIn(given, 'tool_choice')] }
  const names = arrayAt(given['tools'], 'tool_choice.tools').map((tool, index) =>
    nameIn(objectAt(tool, `tool_choice.tools[${index}]`), `tool_choice.tools[${index}]`),
  )
  return { mode: given['mode'] === 'required' ? 'required' : 'auto', names }
}

/** A tool that runs at the provider has no name: it is chosen by its type. */
function nameIn(tool: Json, param: string): string {
  const type = stringAt(tool['type'], `${param}.type`)
  return type === 'function' || type === 'custom' ? stringAt(tool['name'], `${param}.name`) : type
}

/** Whether custom tools are known; elsewhere they are functions with one text argument. */
export function takesCustomTools({ quirks }: EncodeTarget): boolean {
  return quirks.responses?.customTools === true
}

export type WrittenTools = { readonly fields: Json; readonly losses: readonly Loss[] }

/** The tools, the choice among them, and what of it the provider cannot take. */
export function writeTools(request: Request, target: EncodeTarget, names: ToolNames): WrittenTools {
  const losses: Loss[] = []
  const foreign = (tool: Tool): boolean => tool.kind === 'builtin' && tool.vendor !== target.quirks.vendor
  const onlyForeign = request.tools.length > 0 && request.tools.every(foreign)
  const written: Json[] = []
  for (const [index, tool] of request.tools.entries()) {
    if (tool.kind === 'builtin' && foreign(tool))
      losses.push({
        field: `tools[${index}].${tool.type}`,
        severity: onlyForeign ? 'refuse' : 'drop',
        reason: `the tool ${tool.type} runs at another vendor only`,
      })
    else written.push(writeTool(tool, target, names))
  }
  // A choice without tools is refused.
  if (written.length === 0) return { fields: {}, losses }
  return {
    fields: compact({
      tools: written,
      tool_choice: writeChoice(request, target, names, losses),
      parallel_tool_calls: request.parallelTools,
    }),
    losses,
  }
}

function writeTool(tool: Tool, target: EncodeTarget, names: ToolNames): Json {
  if (tool.kind === 'builtin') return tool.raw
  const name = names.toProvider(tool.name)
  const { description } = tool
  if (tool.kind === 'custom') {
    if (takesCustomTools(target)) return compact({ type: 'custom', name, description, format: tool.format })
    const parameters = {
      type: 'object',
      properties: { input: { type: 'string' } },
      required: ['input'],
      additionalProperties: false,
    }
    return compact({ type: 'function', name, description, parameters, strict: false })
  }
  // Left out, `strict` counts as asked for here, unlike everywhere else.
  return compact({
    type: 'function',
    name,
    description,
    parameters: tool.schema ?? { type: 'object', properties: {} },
    strict: tool.strict ?? false,
  })
}

function writeChoice(request: Request, target: EncodeTarget, names: ToolNames, losses: Loss[]): unknown {
  const { toolChoice } = request
  if (toolChoice === undefined) return undefined
  const { mode } = toolChoice
  const refused = (mode === 'required' || mode === 'one') && !canForce(request, target)
  if (refused)
    losses.push({ field: 'tool_choice', severity: 'drop', reason: 'the model cannot be made to call a tool while it reasons' })
  const chosen = (toolChoice.names ?? []).flatMap((name) => reference(name, request, target, names))
  const [first] = chosen
  if (first === undefined) return mode === 'one' || refused ? 'auto' : mode
  if (mode === 'one' && !refused) return first
  return { type: 'allowed_tools', mode: mode === 'auto' || refused ? 'auto' : 'required', tools: chosen }
}

function canForce({ reasoning }: Request, { traits }: EncodeTarget): boolean {
  const reasons = reasoning?.effort !== 'none' && traits.reasoning.kind !== 'none'
  return traits.forcedTool === 'yes' || (traits.forcedTool === 'unless_reasoning' && !reasons)
}

function reference(name: string, request: Request, target: EncodeTarget, names: ToolNames): readonly Json[] {
  const tool = request.tools.find((known) => (known.kind === 'builtin' ? known.type === name : known.name === name))
  if (tool === undefined) return []
  if (tool.kind === 'builtin')
    return tool.vendor === target.quirks.vendor ? [compact({ type: tool.type, server_label: tool.raw['server_label'] })] : []
  return [{ type: tool.kind === 'custom' && takesCustomTools(target) ? 'custom' : 'function', name: names.toProvider(name) }]
}
