import { providerTypes } from '#provider/registry.ts'
import { strategyNames } from '#strategy/registry.ts'
import { RoutingFile } from './schema/routing-file.ts'

/** The routing file's schema as JSON Schema; names that code knows (provider types, strategies) are completed by editors. */
export function jsonSchema(): Readonly<Record<string, unknown>> {
  const schema: unknown = JSON.parse(JSON.stringify(RoutingFile), (key, value: unknown) => withNames(key, value))
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Outrigger routing file',
    ...(typeof schema === 'object' ? schema : {}),
  }
}

function withNames(key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('type' in value) || value.type !== 'string') return value
  if (key === 'strategy') return { ...value, examples: strategyNames }
  return 'description' in value && String(value.description).startsWith('What kind of provider')
    ? { ...value, examples: providerTypes }
    : value
}
