import type { Part, Request } from './request.ts'

/** What a request may need of a model, in the words of the routing file. */
export const needWords = ['tools', 'vision', 'audio', 'files', 'json_schema', 'reasoning'] as const

export type Need = (typeof needWords)[number]

/** What the request needs of a model. */
export function needsOf(request: Request): ReadonlySet<Need> {
  const needs = new Set<Need>()
  if (request.tools.length > 0) needs.add('tools')
  if (request.output.format === 'json_schema') needs.add('json_schema')
  if (wantsReasoning(request)) needs.add('reasoning')
  for (const { parts } of request.messages) addParts(parts, needs)
  if (request.output.modalities?.includes('audio') === true) needs.add('audio')
  return needs
}

function addParts(parts: readonly Part[], needs: Set<Need>): void {
  for (const part of parts) {
    if (part.kind === 'image') needs.add('vision')
    else if (part.kind === 'audio') needs.add('audio')
    else if (part.kind === 'file') needs.add('files')
    else if (part.kind === 'tool_result') addParts(part.parts, needs)
  }
}

function wantsReasoning({ reasoning }: Request): boolean {
  if (reasoning === undefined) return false
  const { effort, budgetTokens } = reasoning
  return (effort !== undefined && effort !== 'none') || (budgetTokens !== undefined && budgetTokens !== 0)
}
