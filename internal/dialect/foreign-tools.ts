import type { Loss } from '#canonical/loss.ts'
import type { Request, Tool } from '#canonical/request.ts'

type Builtin = Extract<Tool, { kind: 'builtin' }>

/**
 * What it means that a tool which runs at another vendor is left out, as coding agents always send one: nothing much, unless
 * there is nothing else, or nothing else may be called.
 */
export function lossOfTool(tool: Builtin, request: Request, isLost: (tool: Tool) => boolean): Loss {
  const { tools, toolChoice } = request
  const names = toolChoice?.names
  const offered = tools.filter(
    (known) => names === undefined || names.includes(known.kind === 'builtin' ? known.type : known.name),
  )
  const needed = tools.every(isLost) || (offered.includes(tool) && offered.every(isLost))
  return {
    field: `tools[${tools.indexOf(tool)}].${tool.type}`,
    severity: needed ? 'refuse' : 'drop',
    reason: `the tool ${tool.type} runs at another vendor only`,
  }
}
