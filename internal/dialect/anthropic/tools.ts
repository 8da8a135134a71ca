import type { Loss } from '#canonical/loss.ts'
import type { Json, Request, Tool } from '#canonical/request.ts'
import { asArray, asObject, asString, compact } from '#lib/json.ts'
import { type CustomTool, describeCustomTool, textArgument } from '../custom-tools.ts'
import { lossOfTool } from '../foreign-tools.ts'
import { strictSchema } from '../strict-schema.ts'
import { cacheControl, type Writer } from './write-content.ts'

export type WrittenTools = { readonly tools: readonly Json[]; readonly choice?: Json }

/** Tools and the choice among them. `thinks`: whether the model will think, in which case old ones take no forced choice. */
export function writeTools(request: Request, writer: Writer, thinks: boolean): WrittenTools {
  const kept = keptTools(request, writer)
  if (kept.length === 0) {
    // Calls in the history are refused where no tool is declared. The client has none, so none may be called.
    const stubs = stubTools(request, writer)
    return stubs.length === 0 ? { tools: [] } : { tools: stubs, choice: { type: 'none' } }
  }
  const extras = ownExtras(request)
  const written = kept.map((tool) => writeTool(tool, writer, extras))
  const { choice, only } = writeChoice(request, writer, thinks)
  const subset = only === undefined ? written : written.filter((tool) => only.has(asString(tool['name']) ?? ''))
  return compact({ tools: subset.length === 0 ? written : subset, choice })
}

/** Tools that run at another vendor are left out, unless there is nothing else or the choice asks for one. */
function keptTools(request: Request, { target, losses }: Writer): readonly Tool[] {
  const isForeign = (tool: Tool): boolean => tool.kind === 'builtin' && tool.vendor !== target.quirks.vendor
  return request.tools.filter((tool) => {
    if (tool.kind !== 'builtin' || !isForeign(tool)) return true
    losses.push(lossOfTool(tool, request, isForeign))
    return false
  })
}

function writeTool(tool: Tool, writer: Writer, extras: ReadonlyMap<string, Json>): Json {
  switch (tool.kind) {
    case 'builtin':
      return tool.raw
    case 'custom':
      return writeCustom(tool, writer)
    case 'function': {
      const schema = { ...tool.schema, type: 'object', properties: tool.schema?.['properties'] ?? {} }
      const strict = tool.strict === true && writer.target.traits.jsonSchema ? strictSchema(schema) : undefined
      return compact({
        ...extras.get(tool.name),
        name: writer.names.toProvider(tool.name),
        description: tool.description,
        input_schema: strict ?? schema,
        strict: strict === undefined ? undefined : true,
        cache_control: cacheControl(tool.cacheHint),
      })
    }
  }
}

const common = new Set(['type', 'name', 'description', 'input_schema', 'strict', 'cache_control'])

/** What only this dialect says of a function (`defer_loading`, `allowed_callers`), by its name, from a client that speaks it. */
function ownExtras({ dialect, raw }: Request): ReadonlyMap<string, Json> {
  if (dialect !== 'anthropic') return new Map()
  return new Map(
    asArray(raw['tools'])
      .map(asObject)
      .map((tool) => [
        asString(tool['name']) ?? '',
        Object.fromEntries(Object.entries(tool).filter(([key]) => !common.has(key))),
      ]),
  )
}

/** A custom tool takes free text: it is told as a function with one text argument, and unwrapped on the way back. */
function writeCustom(tool: CustomTool, { names }: Writer): Json {
  return compact({ name: names.toProvider(tool.name), description: describeCustomTool(tool), input_schema: textArgument })
}

function stubTools({ messages }: Request, { names }: Writer): readonly Json[] {
  const called = messages.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'tool_call' ? [part.name] : [])))
  return [...new Set(called)].map((name) => ({ name: names.toProvider(name), input_schema: { type: 'object', properties: {} } }))
}

type Choice = { readonly choice?: Json; readonly only?: ReadonlySet<string> }

/** There is no word for a subset: only the tools of the subset are sent then. */
function writeChoice({ toolChoice, parallelTools }: Request, { target, names, losses }: Writer, thinks: boolean): Choice {
  const parallel = parallelTools === false ? { disable_parallel_tool_use: true } : {}
  if (toolChoice === undefined) return parallelTools === false ? { choice: { type: 'auto', ...parallel } } : {}
  if (toolChoice.mode === 'none') return { choice: { type: 'none' } }
  const wanted = (toolChoice.names ?? []).map(names.toProvider)
  const only = wanted.length === 0 ? {} : { only: new Set(wanted) }
  if (toolChoice.mode === 'auto') return { choice: { type: 'auto', ...parallel }, ...only }
  const { forcedTool } = target.traits
  if (forcedTool === 'no' || (forcedTool === 'unless_reasoning' && thinks)) {
    const loss: Loss = { field: 'tool_choice', severity: 'drop', reason: 'the model cannot be made to call a tool' }
    losses.push(loss)
    return { choice: { type: 'auto', ...parallel }, ...only }
  }
  const [name] = wanted
  if (toolChoice.mode === 'one' && name !== undefined) return { choice: { type: 'tool', name, ...parallel } }
  return { choice: { type: 'any', ...parallel }, ...only }
}
