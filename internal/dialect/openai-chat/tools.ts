import type { Loss } from '#canonical/loss.ts'
import type { Json, Request, Tool } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import { describeCustomTool, nestedFormat, textArgument } from '../custom-tools.ts'
import type { EncodeTarget } from '../dialect.ts'
import { lossOfTool } from '../foreign-tools.ts'
import type { ToolNames } from '../tool-names.ts'

/** Whether custom tools are known; elsewhere they are functions with one text argument. */
export function takesCustomTools({ quirks }: EncodeTarget): boolean {
  return quirks.chat?.customTools === true
}

export type WrittenTools = { readonly fields: Json; readonly losses: readonly Loss[] }

type Writer = {
  readonly request: Request
  readonly target: EncodeTarget
  readonly names: ToolNames
  readonly losses: Loss[]
}

/**
 * The tools, the choice among them, and what of it the provider cannot take.
 * @param mayForce whether the model can be made to call a tool in this request
 */
export function writeTools(request: Request, target: EncodeTarget, names: ToolNames, mayForce: boolean): WrittenTools {
  const writer: Writer = { request, target, names, losses: [] }
  const wanted = new Set(request.toolChoice?.names ?? [])
  // Where a choice among some of the tools cannot be said, only those are shown.
  const declared = request.tools.some((tool) => tool.kind !== 'builtin' && wanted.has(tool.name))
  const subset = declared && (request.toolChoice?.mode !== 'one' || !mayForce)
  const isLost = (tool: Tool): boolean =>
    tool.kind === 'builtin' && (tool.vendor !== target.quirks.vendor || request.dialect !== 'openai-chat')
  const written: Json[] = []
  for (const tool of request.tools) {
    if (tool.kind !== 'builtin') {
      if (!subset || wanted.has(tool.name)) written.push(writeTool(tool, writer))
    } else if (isLost(tool)) writer.losses.push(lossOfTool(tool, request, isLost))
    else written.push(tool.raw)
  }
  if (written.length === 0) return { fields: {}, losses: writer.losses }
  const fields = { tools: written, tool_choice: writeChoice(writer, mayForce), parallel_tool_calls: request.parallelTools }
  return { fields: compact(fields), losses: writer.losses }
}

function writeTool(tool: Exclude<Tool, { kind: 'builtin' }>, { target, names }: Writer): Json {
  const name = names.toProvider(tool.name)
  const { description } = tool
  if (tool.kind === 'function') {
    const strict = tool.strict === true ? true : undefined
    return { type: 'function', function: compact({ name, description, parameters: tool.schema, strict }) }
  }
  if (takesCustomTools(target)) {
    return { type: 'custom', custom: compact({ name, description, format: nestedFormat(tool.format) }) }
  }
  return { type: 'function', function: compact({ name, description: describeCustomTool(tool), parameters: textArgument }) }
}

function writeChoice({ request, target, names, losses }: Writer, mayForce: boolean): unknown {
  const { toolChoice, tools } = request
  if (toolChoice === undefined || toolChoice.mode === 'auto' || toolChoice.mode === 'none') return toolChoice?.mode
  if (!mayForce) {
    losses.push({ field: 'tool_choice', severity: 'drop', reason: 'the model cannot be made to call a tool while it reasons' })
    return 'auto'
  }
  if (toolChoice.mode === 'required') return target.quirks.chat?.requiredChoice ?? 'required'
  const [wanted = ''] = toolChoice.names ?? []
  const name = names.toProvider(wanted)
  const custom = takesCustomTools(target) && tools.some((tool) => tool.kind === 'custom' && tool.name === wanted)
  return custom ? { type: 'custom', custom: { name } } : { type: 'function', function: { name } }
}
