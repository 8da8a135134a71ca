import { asObject, isObject, type JsonObject } from '#lib/json.ts'
import { providerTypes } from '#provider/registry.ts'
import { strategyNames } from '#strategy/registry.ts'
import { RoutingFile } from './schema/routing-file.ts'

/** What the schema says to the program alone; editors and validators may complain of words that they do not know. */
const ownWords = ['expects', 'secret', 'inherits']

/** The routing file's schema as JSON Schema, with the words for provider types and strategies, which editors complete. */
export function jsonSchema(): JsonObject {
  const schema: unknown = JSON.parse(JSON.stringify(RoutingFile), (key, value: unknown) =>
    isObject(value) ? forEditors(key, value) : value,
  )
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Outrigger routing file',
    ...asObject(schema),
    examples: [
      {
        version: 1,
        providers: { openai: { api_key: '${OPENAI_API_KEY}' }, anthropic: { api_key: '${ANTHROPIC_API_KEY}' } },
        models: { smart: { strategy: 'fallback', targets: ['anthropic/claude-opus-5-5', 'openai/gpt-5.6'] } },
      },
    ],
  }
}

function forEditors(key: string, schema: JsonObject): JsonObject {
  const kept = Object.fromEntries(Object.entries(schema).filter(([word]) => !ownWords.includes(word)))
  if (schema['type'] !== 'string') return kept
  if (key === 'strategy') return { ...kept, enum: strategyNames }
  // Of all fields called `type`, only the one of a provider is a text.
  return key === 'type' ? { ...kept, enum: providerTypes } : kept
}
