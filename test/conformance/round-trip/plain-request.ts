import type { DialectName, Request } from '#canonical/request.ts'
import type { DecodeContext } from '#dialect/dialect.ts'
import type { RoundTripDialect } from './arbitrary-answers.ts'

/** A request that says nothing but that usage is wanted. */
export function plainRequest(dialect: DialectName): Request {
  return {
    dialect,
    model: 'm',
    stream: true,
    messages: [],
    tools: [],
    params: {},
    output: { format: 'text' },
    includeUsage: true,
    ext: {},
    raw: {},
  }
}

const vendors = { 'openai-chat': 'openai', 'openai-responses': 'openai', anthropic: 'anthropic', gemini: 'gemini' } as const

/** What a decoder of the dialect's own vendor is told. */
export function plainContext(dialect: RoundTripDialect): DecodeContext {
  const traits = {
    sampling: 'all',
    reasoning: { kind: 'none' },
    forcedTool: 'yes',
    prefill: true,
    lateSystem: true,
    imagesInToolResults: true,
    jsonSchema: true,
  } as const
  return { request: plainRequest(dialect), target: { model: 'm', quirks: { vendor: vendors[dialect] }, traits } }
}
