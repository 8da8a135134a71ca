import { asArray, asObject, asString } from '#lib/json.ts'
import { providerTypes } from '#provider/registry.ts'
import { strategyNames } from '#strategy/registry.ts'
import { RoutingFile } from './schema/routing-file.ts'

type Schema = Readonly<Record<string, unknown>>

/** docs/configuration.md, from the schema alone. */
export function configurationReference(): string {
  const root = asObject(RoutingFile)
  const blocks = Object.entries(asObject(root['properties'])).flatMap(([name, schema]) => section(name, asObject(schema), 2))
  return [
    '# Configuration',
    '',
    '<!-- Written by `make docs` from internal/config/schema. -->',
    '',
    'The routing file is YAML. `outrigger check FILE` prints every problem with its line; `outrigger schema` prints its JSON Schema for',
    'editors. Durations are written `500ms`, `30s`, `5m`, `1h`; shares `5%` or `0.05`; sizes `64KiB`, `32MiB`. `${NAME}`, `${NAME:-default}`',
    'and `${file:/path}` are filled in anywhere in keys, URLs and headers; `$${` is a literal `${`.',
    '',
    'A change is taken up at once, all or nothing: a file with a problem changes nothing, and the last good one stays.',
    '',
    `Provider types: ${providerTypes.map(code).join(', ')}.`,
    '',
    `Strategies: ${strategyNames.map(code).join(', ')}.`,
    '',
    '## At the top',
    '',
    ...table(topFields(root)),
    '',
    ...blocks,
  ]
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
}

/** Fields of the file that hold a plain value. */
function topFields(root: Schema): readonly [string, Schema][] {
  return Object.entries(asObject(root['properties'])).flatMap(([name, schema]): readonly [string, Schema][] => {
    const field = asObject(schema)
    return field['type'] === 'object' || field['type'] === 'array' ? [] : [[name, field]]
  })
}

/** A block: its meaning, its fields, and the blocks in it. */
function section(path: string, schema: Schema, depth: number): readonly string[] {
  const inner = innerObject(schema)
  if (inner === undefined) return []
  const fields = Object.entries(asObject(inner['properties'])).map(([name, field]): [string, Schema] => [name, asObject(field)])
  const below = fields.flatMap(([name, field]) => section(`${path}.${name}`, field, depth + 1))
  const description = asString(schema['description']) ?? asString(inner['description']) ?? ''
  return [`${'#'.repeat(Math.min(depth, 4))} \`${path}\``, '', description, '', ...table(fields), '', ...below]
}

/** The object that a block, a list of blocks, or a map of blocks is made of. */
function innerObject(schema: Schema): Schema | undefined {
  if (Object.keys(schema).length === 0) return undefined
  const options = asArray(schema['anyOf']).map(asObject)
  const found = [
    schema,
    asObject(schema['items']),
    ...Object.values(asObject(schema['patternProperties'])).map(asObject),
    ...options,
  ]
  for (const candidate of found) {
    if (Object.keys(asObject(candidate['properties'])).length > 0) return candidate
    const nested = candidate === schema ? undefined : innerObject(candidate)
    if (nested !== undefined) return nested
  }
  return undefined
}

function table(fields: readonly [string, Schema][]): readonly string[] {
  if (fields.length === 0) return []
  const rows = fields.map(
    ([name, field]) => `| \`${name}\` | ${typeOf(field)} | ${defaultOf(field)} | ${cell(asString(field['description']) ?? '')} |`,
  )
  return ['| key | takes | default | meaning |', '|---|---|---|---|', ...rows]
}

function typeOf(field: Schema): string {
  const words = asArray(field['enum'])
  if (words.length > 0) return words.map((word) => code(String(word))).join(', ')
  if ('const' in field) return code(String(field['const']))
  const expects = asString(field['expects'])
  if (expects !== undefined) return cell(expects)
  const pattern = asString(field['pattern'])
  if (pattern?.includes('(ms|s|m|h)') === true) return 'duration'
  return asString(field['type']) ?? 'one of several forms'
}

function defaultOf(field: Schema): string {
  const value = field['default']
  return value === undefined || typeof value === 'object' ? '' : code(String(value))
}

function code(text: string): string {
  return `\`${text}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
