import type { Loss } from '#canonical/loss.ts'
import type { Message, Part, Request } from '#canonical/request.ts'
import { asArray, asObject } from '#lib/json.ts'
import { hasGrammar } from './custom-tools.ts'

/** What not every dialect has a word for, though the answer is the same without it. */
export type Hint =
  | 'grammar'
  | 'name'
  | 'detail'
  | 'citations'
  | 'strict'
  | 'tool_extras'
  | 'tool_groups'
  | 'user'
  | 'metadata'
  | 'store'
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
  store: ({ state }) => (state?.store === true ? ['store'] : []),
  tool_extras: toolExtras,
  tool_groups: groupDescriptions,
  max_tool_calls: ({ params }) => (params.maxToolCalls === undefined ? [] : ['max_tool_calls']),
}

// Those that any model needs none of: elsewhere every tool is declared outright, and arguments come as they are written.
const plainToolFields = 'type name description input_schema strict cache_control defer_loading eager_input_streaming'.split(' ')

/** Groups are flattened into the names of their functions. */
function groupDescriptions({ dialect, raw }: Request): readonly string[] {
  if (dialect !== 'openai-responses') return []
  const groups = asArray(raw['tools']).map(asObject)
  return groups.flatMap(({ type, name, description }) =>
    type === 'namespace' && typeof description === 'string' && description !== '' ? [`tools.${String(name)}.description`] : [],
  )
}

/** What only Anthropic has beside a function (`input_examples`, `allowed_callers`). */
function toolExtras({ dialect, raw, tools }: Request): readonly string[] {
  if (dialect !== 'anthropic') return []
  return tools.flatMap((tool, index) => {
    if (tool.kind === 'builtin') return []
    const given = asObject(asArray(raw['tools'])[index])
    return Object.keys(given).flatMap((key) => (plainToolFields.includes(key) ? [] : [`tools[${index}].${key}`]))
  })
}

function inParts(messages: readonly Message[], field: string, has: (part: Part) => boolean): readonly string[] {
  const found = (part: Part): boolean => has(part) || (part.kind === 'tool_result' && part.parts.some(found))
  return messages.flatMap(({ parts }, index) => (parts.some(found) ? [`messages[${index}].${field}`] : []))
}
