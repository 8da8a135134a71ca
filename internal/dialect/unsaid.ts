import type { Loss } from '#canonical/loss.ts'
import type { Message, Part, Request } from '#canonical/request.ts'
import { hasGrammar } from './custom-tools.ts'

/** What not every dialect has a word for, though the answer is the same without it. */
export type Hint =
  | 'grammar'
  | 'name'
  | 'detail'
  | 'citations'
  | 'strict'
  | 'user'
  | 'metadata'
  | 'prompt_cache_key'
  | 'max_tool_calls'

/**
 * The hints of a request that a dialect has no word for, as losses.
 * @param lacking those that the dialect lacks
 */
export function unsaidHints(request: Request, lacking: readonly Hint[]): readonly Loss[] {
  return lacking
    .flatMap((hint) => fieldsOf[hint](request))
    .map((field) => ({ field, severity: 'drop', reason: 'there is no place for it' }))
}

const fieldsOf: Readonly<Record<Hint, (request: Request) => readonly string[]>> = {
  name: ({ messages }) => messages.flatMap(({ name }, index) => (name === undefined ? [] : [`messages[${index}].name`])),
  grammar: ({ tools }) =>
    tools.flatMap((tool, index) => (tool.kind === 'custom' && hasGrammar(tool) ? [`tools[${index}].format`] : [])),
  // `auto` is what comes without the field.
  detail: ({ messages }) =>
    inParts(messages, 'image.detail', (part) => part.kind === 'image' && (part.detail ?? 'auto') !== 'auto'),
  citations: ({ messages }) => inParts(messages, 'file.citations', (part) => part.kind === 'file' && part.citations === true),
  strict: ({ tools }) =>
    tools.flatMap((tool, index) => (tool.kind === 'function' && tool.strict === true ? [`tools[${index}].strict`] : [])),
  user: ({ endUser }) => (endUser === undefined ? [] : ['user']),
  metadata: ({ metadata }) => (metadata === undefined ? [] : ['metadata']),
  prompt_cache_key: ({ cache }) => (cache?.key === undefined ? [] : ['prompt_cache_key']),
  max_tool_calls: ({ params }) => (params.maxToolCalls === undefined ? [] : ['max_tool_calls']),
}

function inParts(messages: readonly Message[], field: string, has: (part: Part) => boolean): readonly string[] {
  const found = (part: Part): boolean => has(part) || (part.kind === 'tool_result' && part.parts.some(found))
  return messages.flatMap(({ parts }, index) => (parts.some(found) ? [`messages[${index}].${field}`] : []))
}
