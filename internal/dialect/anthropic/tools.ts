import type { Loss } from '#canonical/loss.ts'
import type { Json, Request, Tool } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import type { ToolNames } from '../tool-names.ts'
import { cacheControl } from './write-content.ts'

export type WrittenTools = { readonly fields: Json; readonly losses: readonly Loss[] }

export function writeTools(request: Request, target: EncodeTarget, names: ToolNames, thinks: boolean): WrittenTools {
  const losses: Loss[] = []
  const foreign = (tool: Tool): boolean => tool.kind === 'builtin' && tool.vendor !== target.quirks.vendor
  const onlyForeign = request.tools.length > 0 && request.tools.every(foreign)
  const kept = request.tools.filter((tool, index) => {
    if (tool.kind !== 'builtin' || !foreign(tool)) return true
    losses.push({ field: `tools[${index}].${tool.type}`, severity: onlyForeign ? 'refuse' : 'drop', reason: `the tool ${tool.type} runs at another vendor only` })
    return false
  })
  const written = kept.map((tool) => writeTool(tool, names))
  const declared = new Set(kept.flatMap((tool) => (tool.kind === 'builtin' ? [] : [tool.name])))
  if (written.length === 0) written.push(...stubs(request, names, declared))
  if (written.length === 0) return { fields: {}, losses }
  const choice = writeChoice(request, target, names, { thinks, losses })
  const only = choice.only
  const tools = only === undefined ? written : written.filter((tool) => only.has(String(tool['name'])))
  return { fields: compact({ tools: tools.length === 0 ? written : tools, tool_choice: choice.value }), losses }
}

function writeTool(tool: Tool, names: ToolNames): Json {
  switch (tool.kind) {
    case 'builtin':
      return tool.raw
    case 'custom':
      return compact({
        name: names.toProvider(tool.name),
        description: tool.description,
        input_schema: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
      })
    case 'function':
      return compact({
        name: names.toProvider(tool.name),
        description: tool.description,
        input_schema: { type: 'object', properties: {}, ...tool.schema },
        strict: tool.strict === true ? true : undefined,
        cache_control: cacheControl(tool.cacheHint),
      })
  }
}

/** Calls in the history without a declared tool are refused: each gets an empty declaration. */
function stubs({ messages }: Request, names: ToolNames, declared: ReadonlySet<string>): readonly Json[] {
  const called = new Set(messages.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'tool_call' && !declared.has(part.name) ? [part.name] : []))))
  return [...called].map((name) => ({ name: names.toProvider(name), input_schema: { type: 'object', properties: {} } }))
}

type Choice = { readonly value: Json | undefined; readonly only?: ReadonlySet<string> }

function writeChoice(request: Request, { traits }: EncodeTarget, names: ToolNames, state: { readonly thinks: boolean; readonly losses: Loss[] }): Choice {
  const { toolChoice, parallelTools } = request
  const parallel = parallelTools === false ? { disable_parallel_tool_use: true } : {}
  if (toolChoice === undefined) return { value: parallelTools === false ? { type: 'auto', ...parallel } : undefined }
  if (toolChoice.mode === 'none') return { value: { type: 'none' } }
  const wanted = toolChoice.names?.map(names.toProvider)
  const only = wanted === undefined || wanted.length === 0 ? {} : { only: new Set(wanted) }
  const forced = toolChoice.mode !== 'auto'
  if (forced && (traits.forcedTool === 'no' || (traits.forcedTool === 'unless_reasoning' && state.thinks))) {
    state.losses.push({ field: 'tool_choice', severity: 'drop', reason: 'the model cannot be made to call a tool' })
    return { value: { type: 'auto', ...parallel }, ...only }
  }
  if (toolChoice.mode === 'one') return { value: { type: 'tool', name: wanted?.[0] ?? '', ...parallel } }
  return { value: { type: forced ? 'any' : 'auto', ...parallel }, ...only }
}
