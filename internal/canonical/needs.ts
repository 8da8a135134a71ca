import type { Part, Request } from './request.ts'

/** What a request may need of a model, in the words of the routing file. */
export const needWords = ['tools', 'vision', 'audio', 'files', 'json_schema', 'reasoning'] as const

export type Need = (typeof needWords)[number]

/** What the request needs of a model. */
export function needsOf(request: Request): ReadonlySet<Need> {
  // Most requests need nothing.
  let needs: Set<Need> | undefined
  const add = (need: Need): void => {
    needs ??= new Set()
    needs.add(need)
  }
  if (request.tools.length > 0) add('tools')
  if (request.output.format === 'json_schema') add('json_schema')
  if (wantsReasoning(request)) add('reasoning')
  for (const { parts } of request.messages) addParts(parts, add)
  if (request.output.modalities?.includes('audio') === true) add('audio')
  return needs ?? nothing
}

const nothing: ReadonlySet<Need> = new Set()

function addParts(parts: readonly Part[], add: (need: Need) => void): void {
  for (const part of parts) {
    if (part.kind === 'image') add('vision')
    else if (part.kind === 'audio') add('audio')
    else if (part.kind === 'file') add('files')
    else if (part.kind === 'tool_result') addParts(part.parts, add)
  }
}

function wantsReasoning({ reasoning }: Request): boolean {
  if (reasoning === undefined) return false
  const { effort, budgetTokens } = reasoning
  return (effort !== undefined && effort !== 'none') || (budgetTokens !== undefined && budgetTokens !== 0)
}
