import type { DialectName, ProviderDialectName } from '#canonical/request.ts'
import { anthropic } from './anthropic/index.ts'
import { bedrockConverse } from './bedrock-converse/index.ts'
import type { Dialect, ProviderDialect } from './dialect.ts'
import { gemini } from './gemini/index.ts'
import { openaiChat } from './openai-chat/index.ts'
import { openaiCompletions } from './openai-completions/index.ts'
import { openaiResponses } from './openai-responses/index.ts'

const byName: Readonly<Record<DialectName, Dialect>> = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'openai-completions': openaiCompletions,
  anthropic,
  gemini,
}

/** All dialects, in the order in which their routes are looked up. */
export const dialects: readonly Dialect[] = Object.values(byName)

export function dialectByName(name: DialectName): Dialect {
  return byName[name]
}

const byProviderName: Readonly<Record<ProviderDialectName, ProviderDialect>> = { ...byName, 'bedrock-converse': bedrockConverse }

/** Also those that no client speaks. */
export function providerDialect(name: ProviderDialectName): ProviderDialect {
  return byProviderName[name]
}
