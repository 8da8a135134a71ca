import type { Loss } from '#canonical/loss.ts'
import type { DialectName, Request } from '#canonical/request.ts'
import { asObject, entryOf } from '#lib/json.ts'

/** The losses with the names that the client gave the fields; encoders name them in the words of OpenAI Chat. */
export function inClientWords(losses: readonly Loss[], request: Request): readonly Loss[] {
  return losses.map((loss) => ({ ...loss, field: clientWord(loss.field, request) }))
}

function clientWord(field: string, request: Request): string {
  const [, word = field, index = '', rest = ''] = /^(\w+)(\[\d+\])?(.*)$/.exec(field) ?? []
  const said = entryOf(words[request.dialect] ?? {}, word)
  const name = typeof said === 'function' ? said(request) : (said ?? word)
  return name + (keepsIndex(word, request) ? index : '') + rest
}

/** Whether the canonical lists have the client's own order; where they have not, a number would mislead. */
function keepsIndex(word: string, { dialect, tools, raw }: Request): boolean {
  if (word === 'messages') return dialect === 'openai-chat'
  if (word !== 'tools') return true
  const listed = raw['tools']
  return dialect !== 'gemini' && (!Array.isArray(listed) || listed.length === tools.length)
}

type Words = Readonly<Record<string, string | ((request: Request) => string)>>

/** The other name that the client wrote, if it did. */
function written(name: string, ...others: readonly string[]): (request: Request) => string {
  return ({ raw }) => others.find((other) => raw[other] !== undefined && raw[other] !== null) ?? name
}

const words: Partial<Readonly<Record<DialectName, Words>>> = {
  'openai-chat': {
    max_tokens: written('max_tokens', 'max_completion_tokens'),
    user: written('user', 'safety_identifier'),
    reasoning_effort: written('reasoning_effort', 'reasoning', 'thinking', 'enable_thinking'),
    tools: written('tools', 'functions'),
    tool_choice: written('tool_choice', 'function_call'),
  },
  'openai-responses': {
    messages: 'input',
    max_tokens: 'max_output_tokens',
    user: written('user', 'safety_identifier'),
    reasoning_effort: 'reasoning.effort',
    response_format: 'text.format',
    verbosity: 'text.verbosity',
    logprobs: 'top_logprobs',
  },
  anthropic: {
    stop: 'stop_sequences',
    user: 'metadata.user_id',
    reasoning_effort: ({ raw }) => (raw['thinking'] === undefined ? 'output_config.effort' : 'thinking'),
    response_format: ({ raw }) => (raw['output_format'] === undefined ? 'output_config.format' : 'output_format'),
    parallel_tool_calls: 'tool_choice.disable_parallel_tool_use',
  },
  gemini: {
    messages: 'contents',
    tool_choice: 'toolConfig.functionCallingConfig',
    service_tier: 'serviceTier',
    max_tokens: 'generationConfig.maxOutputTokens',
    stop: 'generationConfig.stopSequences',
    n: 'generationConfig.candidateCount',
    temperature: 'generationConfig.temperature',
    top_p: 'generationConfig.topP',
    top_k: 'generationConfig.topK',
    presence_penalty: 'generationConfig.presencePenalty',
    frequency_penalty: 'generationConfig.frequencyPenalty',
    seed: 'generationConfig.seed',
    logprobs: 'generationConfig.responseLogprobs',
    top_logprobs: 'generationConfig.logprobs',
    modalities: 'generationConfig.responseModalities',
    reasoning_effort: 'generationConfig.thinkingConfig',
    response_format: schemaOrMime,
  },
}

function schemaOrMime({ raw, output }: Request): string {
  if (output.schema === undefined) return 'generationConfig.responseMimeType'
  const config = asObject(raw['generationConfig'] ?? raw['generation_config'])
  return `generationConfig.${config['responseJsonSchema'] === undefined ? 'responseSchema' : 'responseJsonSchema'}`
}
