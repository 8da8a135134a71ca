import { asArray, asObject, asString, type JsonObject } from '#lib/json.ts'
import { findProvider, providerTypes } from '#provider/registry.ts'
import { strategyNames } from '#strategy/registry.ts'
import { blockExamples } from './reference-examples.ts'
import { RoutingFile } from './schema/routing-file.ts'

/** docs/configuration.md, from the schema alone. */
export function configurationReference(): string {
  const root = asObject(RoutingFile)
  const blocks = Object.entries(asObject(root['properties'])).flatMap(([name, schema]) => section([name], asObject(schema)))
  return [...preface(), '## At the top', '', ...table(['file'], fieldsOf(root)), '', ...blocks]
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
}

function preface(): readonly string[] {
  return [
    '# Configuration',
    '',
    '<!-- Written by `make docs` from internal/config/schema. -->',
    '',
    'The routing file is YAML. `outrigger check FILE` prints every problem with its line; `outrigger schema` prints its JSON Schema for',
    'editors. Unknown keys are problems. Anchors, aliases and merge keys (`<<`) work.',
    '',
    '**Units.** Durations are written `500ms`, `30s`, `5m`, `1h`; shares `5%` or `0.05`; sizes `64KiB`, `32MiB`.',
    '',
    '**Values from elsewhere.** `${NAME}`, `${NAME:-default}` (also when it is empty) and `${file:/path}` are filled in within any value;',
    '`$${` is a literal `${`. Without quotes, what is filled in is read as YAML would read it: `attempts: ${ATTEMPTS:-4}` is a number.',
    'Fields marked 🔒 are secrets: they are never shown.',
    '',
    '**Changes** are taken up at once, all or nothing: a file with a problem changes nothing, and the last good one stays. SIGHUP reads',
    'the file again. `listen` and `admin` take effect with the next start.',
    '',
    '## Provider types',
    '',
    '| `type` | provider | `base_url` | key of the vendor’s SDK | `api` |',
    '|---|---|---|---|---|',
    ...providerTypes.map(providerRow),
    '',
    `Strategies: ${strategyNames.map(code).join(', ')}.`,
    '',
  ]
}

function providerRow(type: string): string {
  const provider = findProvider(type)
  const { title = '', baseUrl, keyFrom, apis = [] } = provider ?? {}
  const cells = [
    code(type),
    title,
    baseUrl ?? 'must be given',
    keyFrom === undefined ? '' : code(keyFrom),
    apis.map(code).join(', '),
  ]
  return `| ${cells.join(' | ')} |`
}

/** A block: its meaning, an example, its fields, and the blocks in it. */
function section(path: readonly string[], schema: JsonObject): readonly string[] {
  const inner = innerObject(schema)
  if (inner === undefined) return []
  const name = path.join('.')
  const heading = `${'#'.repeat(Math.min(path.length + 1, 4))} ${code(name)}`
  const description = asString(schema['description']) ?? asString(inner['description']) ?? ''
  const example = blockExamples[name]
  const shown = example === undefined ? [] : ['```yaml', example.trim(), '```', '']
  const fields = fieldsOf(inner)
  const below = fields.flatMap(([field, block]) => (block['inherits'] === undefined ? section([...path, field], block) : []))
  return [heading, '', description, '', ...shown, ...table(path, fields), '', ...below]
}

function fieldsOf(schema: JsonObject): readonly (readonly [string, JsonObject])[] {
  return Object.entries(asObject(schema['properties'])).map(([name, field]) => [name, asObject(field)])
}

/** The object that a block, a list of blocks, or a map of blocks is made of. */
function innerObject(schema: JsonObject): JsonObject | undefined {
  if (fieldsOf(schema).length > 0) return schema
  const inside = [schema['items'], ...Object.values(asObject(schema['patternProperties'])), ...asArray(schema['anyOf'])]
  for (const candidate of inside) {
    const found = candidate === undefined ? undefined : innerObject(asObject(candidate))
    if (found !== undefined) return found
  }
  return undefined
}

function table(path: readonly string[], fields: readonly (readonly [string, JsonObject])[]): readonly string[] {
  if (fields.length === 0) return []
  const rows = fields.map(([name, field]) => {
    const where = path[0] === 'file' ? name : [...path, name].join('.')
    const lock = field['secret'] === true || asObject(field['items'])['secret'] === true ? ' 🔒' : ''
    return `| ${code(name)}${lock} | ${typeOf(field, where)} | ${defaultOf(field)} | ${cell(asString(field['description']) ?? '')} |`
  })
  return ['| key | takes | default | meaning |', '|---|---|---|---|', ...rows]
}

function typeOf(field: JsonObject, where: string): string {
  const words = asArray(field['enum'])
  if (words.length > 0) return words.map((word) => code(String(word))).join(', ')
  if ('const' in field) return code(String(field['const']))
  const inherited = asString(field['inherits'])
  if (inherited !== undefined) return link(inherited)
  if (fieldsOf(field).length > 0) return link(where)
  const expects = asString(field['expects']) ?? asString(field['type']) ?? 'one of several forms'
  return innerObject(field) === undefined ? cell(expects) : `[${expects}](#${anchor(where)})`
}

function defaultOf(field: JsonObject): string {
  const value = field['default']
  return value === undefined || typeof value === 'object' ? '' : code(String(value))
}

function link(path: string): string {
  return `[${path}](#${anchor(path)})`
}

/** As GitHub makes it from a heading. */
function anchor(path: string): string {
  return path.toLowerCase().replace(/[^\w-]/g, '')
}

function code(text: string): string {
  return `\`${text}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
