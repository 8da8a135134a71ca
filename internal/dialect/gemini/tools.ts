import type { Loss } from '#canonical/loss.ts'
import type { Json, Request, Tool } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import { describeCustomTool, textArgument } from '../custom-tools.ts'
import type { EncodeTarget } from '../dialect.ts'
import { lossOfTool } from '../foreign-tools.ts'
import { takesFieldsOf } from '../quirks.ts'
import type { ToolNames } from '../tool-names.ts'
import { isEmptyObject, writeSchema } from './schema.ts'

/** The fields of a request that say which tools there are, and which of them is called. */
export type WrittenTools = { readonly tools?: readonly Json[]; readonly choice?: Json; readonly losses: readonly Loss[] }

/** All functions in one entry, the vendor's own tools in one each. Schemas go as JSON Schema (`parametersJsonSchema`). */
export function writeTools(request: Request, target: EncodeTarget, names: ToolNames): WrittenTools {
  const { toolChoice, tools } = request
  const isForeign = (tool: Tool): boolean => tool.kind === 'builtin' && !takesFieldsOf(target.quirks, tool.vendor)
  const losses = tools.flatMap((tool) =>
    tool.kind === 'builtin' && isForeign(tool) ? [lossOfTool(tool, request, isForeign)] : [],
  )
  // A choice that forbids all has no word for tools that run at Google, and one among some of them offers only those.
  const subset = toolChoice?.mode === 'auto' && toolChoice.names !== undefined ? new Set(toolChoice.names) : undefined
  const declarations = tools.flatMap((tool) =>
    tool.kind === 'builtin' || subset?.has(tool.name) === false ? [] : [writeFunction(tool, names)],
  )
  const own =
    toolChoice?.mode === 'none' ? [] : tools.flatMap((tool) => (tool.kind === 'builtin' && !isForeign(tool) ? [tool.raw] : []))
  const written = [...(declarations.length === 0 ? [] : [{ functionDeclarations: declarations }]), ...own]
  if (request.parallelTools === false && declarations.length > 0)
    losses.push({
      field: 'parallel_tool_calls',
      severity: 'drop',
      reason: 'the model decides how many functions it calls at once',
    })
  return compact({
    tools: written.length === 0 ? undefined : written,
    choice: declarations.length === 0 ? undefined : writeChoice(request, target, names),
    losses,
  })
}

function writeFunction(tool: Exclude<Tool, { kind: 'builtin' }>, names: ToolNames): Json {
  const schema = tool.kind === 'custom' ? textArgument : tool.schema
  const description = tool.kind === 'custom' ? describeCustomTool(tool) : tool.description
  const parametersJsonSchema = schema === undefined || isEmptyObject(schema) ? undefined : writeSchema(schema)
  return compact({ name: names.toProvider(tool.name), description, parametersJsonSchema })
}

function writeChoice({ toolChoice, dialect, ext }: Request, { traits }: EncodeTarget, names: ToolNames): Json | undefined {
  // A mode that only Gemini's clients can ask for.
  const own = dialect === 'gemini' ? ext['toolConfig.functionCallingConfig.mode'] : undefined
  switch (toolChoice?.mode) {
    case undefined:
      return undefined
    case 'none':
      return { mode: 'NONE' }
    case 'auto':
      return { mode: own ?? 'AUTO' }
    case 'required':
    case 'one':
      if (traits.forcedTool === 'no') return { mode: 'AUTO' }
      return compact({ mode: 'ANY', allowedFunctionNames: toolChoice.names?.map(names.toProvider) })
  }
}
