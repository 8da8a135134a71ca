import type { Json, Request, Tool } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { WrittenThinking } from '../claude-thinking.ts'
import { describeCustomTool, textArgument } from '../custom-tools.ts'
import { lossOfTool } from '../foreign-tools.ts'
import { strictSchema } from '../strict-schema.ts'
import { cachePoint } from './cache-points.ts'
import type { Writer } from './write-content.ts'

/** The tools with their cache points, and the choice among them. */
export type WrittenTools = { readonly tools: readonly Json[]; readonly choice?: Json }

type Callable = Exclude<Tool, { kind: 'builtin' }>

export function writeTools(request: Request, writer: Writer, { on }: WrittenThinking): WrittenTools {
  const kept = callableTools(request, writer)
  const mode = request.toolChoice?.mode
  // Calls in the history are refused where no tool is declared.
  if (kept.length === 0) return { tools: stubTools(request, writer) }
  if (mode === 'none' && !holdsCalls(request)) return { tools: [] }
  if (request.parallelTools === false) drop(writer, 'parallel_tool_calls', 'the model decides how many it calls at once')
  const { choice, only } = mode === 'none' ? forbidden(writer) : writeChoice(request, writer, on)
  const shown = only === undefined ? kept : kept.filter(({ name }) => only.has(name))
  const tools = (shown.length === 0 ? kept : shown).flatMap((tool) => writeTool(tool, writer))
  return compact({ tools, choice })
}

/** Tools that run at a vendor are left out. */
function callableTools(request: Request, { losses }: Writer): readonly Callable[] {
  return request.tools.flatMap((tool) => {
    if (tool.kind !== 'builtin') return [tool]
    losses.push(lossOfTool(tool, request, ({ kind }) => kind === 'builtin'))
    return []
  })
}

function writeTool(tool: Callable, { names, target }: Writer): readonly Json[] {
  const name = names.toProvider(tool.name)
  if (tool.kind === 'custom') return [specOf(name, describeCustomTool(tool), textArgument)]
  const schema = { ...tool.schema, type: 'object', properties: tool.schema?.['properties'] ?? {} }
  const strict = tool.strict === true && target.traits.jsonSchema ? strictSchema(schema) : undefined
  return [specOf(name, tool.description, strict ?? schema, strict !== undefined), ...cachePoint(tool.cacheHint, 'tools', target)]
}

/** An empty description is refused. */
function specOf(name: string, description: string | undefined, json: Json, strict = false): Json {
  const told = description?.trim() === '' ? undefined : description
  return { toolSpec: compact({ name, description: told, inputSchema: { json }, strict: strict ? true : undefined }) }
}

function holdsCalls({ messages }: Request): boolean {
  return messages.some(({ parts }) => parts.some(({ kind }) => kind === 'tool_call' || kind === 'tool_result'))
}

function stubTools({ messages }: Request, { names }: Writer): readonly Json[] {
  const called = messages.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'tool_call' ? [part.name] : [])))
  const empty = { type: 'object', properties: {} }
  return [...new Set(called)].map((name) => specOf(names.toProvider(name), 'Not available any more.', empty))
}

type Choice = { readonly choice?: Json; readonly only?: ReadonlySet<string> }

/** There is no word for it, and the tools must be declared since the history holds calls of them. */
function forbidden(writer: Writer): Choice {
  drop(writer, 'tool_choice', 'the provider cannot be told to call none')
  return {}
}

/** There is no word for a subset: only the tools of the subset are sent then. */
function writeChoice({ toolChoice }: Request, writer: Writer, thinks: boolean): Choice {
  if (toolChoice === undefined) return {}
  const wanted = toolChoice.names ?? []
  const only = wanted.length === 0 ? {} : { only: new Set(wanted) }
  if (toolChoice.mode === 'auto') return { choice: { auto: {} }, ...only }
  const { forcedTool } = writer.target.traits
  if (forcedTool === 'no' || (forcedTool === 'unless_reasoning' && thinks)) {
    drop(writer, 'tool_choice', 'the model cannot be made to call a tool')
    return { choice: { auto: {} }, ...only }
  }
  const [name] = wanted
  const named = toolChoice.mode === 'one' && writer.target.quirks.converse?.namedChoice === true
  if (named && name !== undefined) return { choice: { tool: { name: writer.names.toProvider(name) } } }
  return { choice: { any: {} }, ...only }
}

function drop({ losses }: Writer, field: string, reason: string): void {
  losses.push({ field, severity: 'drop', reason })
}
