import { parse } from 'yaml'
import { asArray, asObject, asString, isObject, type JsonObject } from '#lib/json.ts'
import { providerTypes } from '#provider/registry.ts'
import { strategyNames } from '#strategy/registry.ts'
import { everything } from './everything.ts'
import { RoutingFile } from './schema/routing-file.ts'

/** What the schema says to the program alone; editors and validators may complain of words that they do not know. */
const ownWords = new Set(['expects', 'secret', 'inherits'])
/** Names of fields stand below it, not words of the schema. */
const mappings = new Set(['properties', 'patternProperties'])
const mostExamples = 3

/** The routing file's schema as JSON Schema, with the words for provider types and strategies, which editors complete, and an example for each key. */
export function jsonSchema(): JsonObject {
  const plain: unknown = JSON.parse(JSON.stringify(RoutingFile))
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Outrigger routing file',
    ...forEditors('', asObject(plain), []),
    examples: [
      {
        version: 1,
        providers: { openai: { api_key: '${OPENAI_API_KEY}' }, anthropic: { api_key: '${ANTHROPIC_API_KEY}' } },
        models: { smart: { strategy: 'fallback', targets: ['anthropic/claude-opus-5-5', 'openai/gpt-5.6'] } },
      },
    ],
    ...innerOf(asObject(plain), [parse(everything)]),
  }
}

/** `found`: the values that the example file has at this place. */
function forEditors(key: string, schema: JsonObject, found: readonly unknown[]): JsonObject {
  const kept = Object.fromEntries(Object.entries(schema).filter(([word]) => !ownWords.has(word)))
  return { ...kept, ...innerOf(schema, found), ...wordsFor(key, schema), ...examplesOf(schema, found) }
}

function innerOf(schema: JsonObject, found: readonly unknown[]): JsonObject {
  const inner: Record<string, unknown> = {}
  const objects = found.filter(isObject)
  for (const word of mappings) {
    if (!isObject(schema[word])) continue
    const required = new Set(asArray(schema['required']))
    inner[word] = Object.fromEntries(
      Object.entries(asObject(schema[word])).map(([name, field]) => {
        const isField = word === 'properties'
        const values = isField ? objects.flatMap((value) => (name in value ? [value[name]] : [])) : objects.flatMap(Object.values)
        const written = forEditors(isField ? name : '', asObject(field), values)
        return [name, isField && !required.has(name) ? withAbsence(written) : written]
      }),
    )
  }
  if (isObject(schema['items'])) inner['items'] = forEditors('', schema['items'], found.flatMap(asArray))
  if (Array.isArray(schema['anyOf']))
    inner['anyOf'] = asArray(schema['anyOf']).map((form) => forEditors('', asObject(form), found))
  return inner
}

/** An editor shows the default; where there is none it says so. */
function withAbsence(field: JsonObject): JsonObject {
  const description = asString(field['description']) ?? ''
  const isTold = field['default'] !== undefined || /default|off unless|left out/i.test(description)
  return isTold ? field : { ...field, description: `${description} Not set unless given.` }
}

function wordsFor(key: string, schema: JsonObject): JsonObject {
  if (schema['type'] !== 'string') return {}
  if (key === 'strategy') return { enum: strategyNames }
  // Of all fields called `type`, only the one of a provider is a text.
  return key === 'type' ? { enum: providerTypes } : {}
}

/** Only described fields get examples: the forms of a choice share those of the field. */
function examplesOf(schema: JsonObject, found: readonly unknown[]): JsonObject {
  if (schema['description'] === undefined || found.length === 0) return {}
  const values = new Map(found.map((value) => [JSON.stringify(value), value]))
  // A mapping is shown once: its fields have examples of their own.
  const most = isObject(found[0]) ? 1 : mostExamples
  return { examples: [...values.values()].slice(0, most) }
}
