import type { Failure } from '#canonical/failure.ts'
import type { Json, Request } from '#canonical/request.ts'
import { compact } from '#lib/json.ts'
import type { Result } from '#lib/result.ts'
import type { ClientCall } from '../dialect.ts'
import { BadField, optionalObject, optionalString, reading } from '../read.ts'
import { readContents, readSystem } from './content.ts'
import { normalizeObject } from './normalize.ts'
import { readOutput, readParams, readReasoning, unreadConfig } from './read-config.ts'
import { readToolChoice, readTools, unreadToolConfig } from './read-tools.ts'

/** Client → canonical. Source: ai.google.dev/api/generate-content. */
export function decodeRequest(call: ClientCall): Result<Request, Failure> {
  return reading(() => readRequest(call))
}

function readRequest({ path, pathModel, query, body: raw }: ClientCall): Request {
  const outer = normalizeObject(raw)
  // The form of `countTokens` that has more than contents.
  const body = optionalObject(outer['generateContentRequest'], 'generateContentRequest') ?? outer
  const model = (pathModel ?? optionalString(body['model'], 'model') ?? '').replace(/^models\//, '')
  if (model === '') throw new BadField('model', 'must be named in the path')
  const config = optionalObject(body['generationConfig'], 'generationConfig') ?? {}
  const toolConfig = optionalObject(body['toolConfig'], 'toolConfig') ?? {}
  const cached = optionalString(body['cachedContent'], 'cachedContent')
  const stream = path.endsWith(':streamGenerateContent')
  const unread: (readonly [string, unknown])[] = [
    ...Object.entries(body).filter(([name]) => !readFields.has(name)),
    ...unreadConfig(config),
    ...unreadToolConfig(toolConfig),
  ]
  const contents = readContents(body['contents'], (at, value) => unread.push([at, value]))
  return {
    dialect: 'gemini',
    model,
    stream,
    messages: [...readSystem(body['systemInstruction']), ...contents],
    tools: readTools(body['tools']),
    params: readParams(config),
    output: readOutput(config),
    ext: withoutNulls(unread),
    raw,
    ...compact({
      framing: stream ? framingOf(query) : undefined,
      toolChoice: readToolChoice(toolConfig),
      reasoning: readReasoning(config),
      cache: cached === undefined ? undefined : { ref: cached },
      tier: optionalString(body['serviceTier'], 'serviceTier'),
    }),
  }
}

/** Google's own spelling of its system parameters has a dollar sign, too. */
function framingOf(query: URLSearchParams): 'sse' | 'json-array' {
  return (query.get('alt') ?? query.get('$alt')) === 'sse' ? 'sse' : 'json-array'
}

const readFields = new Set([
  ...['model', 'contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig', 'cachedContent', 'serviceTier'],
])

function withoutNulls(fields: readonly (readonly [string, unknown])[]): Json {
  return Object.fromEntries(fields.filter(([, value]) => value !== null && value !== undefined))
}
