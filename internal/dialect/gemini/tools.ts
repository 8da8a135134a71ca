import type { Loss } from '#canonical/loss.ts'
import type { Json, Request } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import type { ToolNames } from '../tool-names.ts'
import { writeSchema } from './schema.ts'

/** Declarations and the choice among them. Schemas go as JSON Schema (`parametersJsonSchema`). */
export function writeTools(
  request: Request,
  target: EncodeTarget,
  names: ToolNames,
): { readonly fields: Json; readonly losses: readonly Loss[] } {
  const losses: Loss[] = []
  const foreign = request.tools.filter((tool) => tool.kind === 'builtin' && tool.vendor !== target.quirks.vendor)
  for (const [index, tool] of request.tools.entries()) {
    if (tool.kind !== 'builtin' || !foreign.includes(tool)) continue
    const severity = foreign.length === request.tools.length ? 'refuse' : 'drop'
    losses.push({ field: `tools[${index}].${tool.type}`, severity, reason: `the tool ${tool.type} runs at another vendor only` })
  }
  const subset = new Set(request.toolChoice?.mode === 'auto' ? (request.toolChoice.names ?? []) : [])
  const declarations = request.tools.flatMap((tool) => {
    if (tool.kind === 'builtin' || (subset.size > 0 && !subset.has(tool.name))) return []
    const name = names.toProvider(tool.name)
    if (tool.kind === 'custom') {
      return [
        compact({
          name,
          description: tool.description,
          parametersJsonSchema: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
        }),
      ]
    }
    return [
      compact({
        name,
        description: tool.description,
        parametersJsonSchema: tool.schema === undefined ? undefined : writeSchema(tool.schema),
      }),
    ]
  })
  const builtin = request.tools.flatMap((tool) => (tool.kind === 'builtin' && !foreign.includes(tool) ? [tool.raw] : []))
  const tools = [...(declarations.length === 0 ? [] : [{ functionDeclarations: declarations }]), ...builtin]
  if (request.parallelTools === false && declarations.length > 0)
    losses.push({ field: 'parallel_tool_calls', severity: 'drop', reason: 'it has no counterpart' })
  return {
    fields: compact({
      tools: tools.length === 0 ? undefined : tools,
      toolConfig: declarations.length === 0 ? undefined : writeChoice(request, names),
    }),
    losses,
  }
}

function writeChoice({ toolChoice }: Request, names: ToolNames): Json | undefined {
  if (toolChoice === undefined) return undefined
  switch (toolChoice.mode) {
    case 'none':
      return { functionCallingConfig: { mode: 'NONE' } }
    case 'auto':
      return { functionCallingConfig: { mode: 'AUTO' } }
    case 'required':
    case 'one': {
      const allowed = toolChoice.names?.map(names.toProvider)
      return { functionCallingConfig: compact({ mode: 'ANY', allowedFunctionNames: allowed }) }
    }
  }
}
