import type { Loss } from '#canonical/loss.ts'
import type { Json, Request, Tool } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import { describeCustomTool, flatFormat, textArgument } from '../custom-tools.ts'
import type { EncodeTarget } from '../dialect.ts'
import { lossOfTool } from '../foreign-tools.ts'
import type { ToolNames } from '../tool-names.ts'
import { searchTool } from './web-search.ts'

/** Whether custom tools are known; elsewhere they are functions with one text argument. */
export function takesCustomTools({ quirks }: EncodeTarget): boolean {
  return quirks.responses?.customTools === true
}

export type WrittenTools = { readonly fields: Json; readonly losses: readonly Loss[] }

/** The tools, the choice among them, and what of it the provider cannot take. */
export function writeTools(request: Request, target: EncodeTarget, names: ToolNames): WrittenTools {
  const losses: Loss[] = []
  const foreign = (tool: Tool): boolean => tool.kind === 'builtin' && tool.vendor !== target.quirks.vendor
  const written: Json[] = []
  for (const tool of request.tools) {
    // Every function is declared outright: there is nothing left to search.
    if (tool.kind === 'builtin' && tool.type === 'tool_search' && !foreign(tool)) continue
    if (tool.kind === 'builtin' && foreign(tool)) losses.push(lossOfTool(tool, request, foreign))
    else written.push(writeTool(tool, target, names))
  }
  const search = searchTool(request, target)
  if (search !== undefined) written.push(search)
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
    if (takesCustomTools(target)) return compact({ type: 'custom', name, description, format: flatFormat(tool.format) })
    return compact({ type: 'function', name, description: describeCustomTool(tool), parameters: textArgument, strict: false })
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
  const asked = toolChoice.names ?? []
  const chosen = asked.flatMap((name) => reference(name, request, target, names))
  const [first] = chosen
  if (asked.length > 0 && first === undefined)
    losses.push({ field: 'tool_choice', severity: 'refuse', reason: `there is no tool ${asked.join(', ')}` })
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
