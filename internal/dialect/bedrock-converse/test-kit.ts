import type { Request } from '#canonical/request.ts'
import type { DecodeContext, EncodeTarget } from '../dialect.ts'
import type { ConverseQuirks, ModelTraits, Quirks } from '../quirks.ts'

const traits: ModelTraits = {
  sampling: 'all',
  maxTemperature: 1,
  reasoning: { kind: 'none' },
  forcedTool: 'yes',
  prefill: false,
  lateSystem: false,
  imagesInToolResults: true,
  jsonSchema: true,
}

const asClaude: ConverseQuirks = {
  modelFields: 'claude',
  cachePoints: ['tools', 'system', 'messages'],
  namedChoice: true,
  resultStatus: true,
  documents: true,
  videos: true,
  audio: true,
}

/** Claude on Bedrock, unless told otherwise. */
export function targetOf(
  changes: { readonly quirks?: Partial<Quirks>; readonly converse?: ConverseQuirks; readonly traits?: Partial<ModelTraits> } = {},
): EncodeTarget {
  const { quirks, converse = asClaude, traits: other } = changes
  return { model: 'eu.model-v1:0', quirks: { vendor: 'anthropic', converse, ...quirks }, traits: { ...traits, ...other } }
}

export function requestOf(changes: Partial<Request> = {}): Request {
  return {
    dialect: 'openai-chat',
    model: 'smart',
    stream: false,
    messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Hello' }] }],
    tools: [],
    params: {},
    output: { format: 'text' },
    ext: {},
    raw: {},
    ...changes,
  }
}

export function contextOf(changes: Partial<Request> = {}, target: EncodeTarget = targetOf()): DecodeContext {
  return { request: requestOf(changes), target }
}
