import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { asArray, asObject, asString, isObject } from '#lib/json.ts'
import { everything } from './everything.ts'
import { jsonSchema } from './json-schema.ts'
import { loadText } from './load.ts'
import { formatProblem } from './problem.ts'
import { configurationReference } from './reference.ts'
import { blockExamples } from './reference-examples.ts'
import { RoutingFile } from './schema/routing-file.ts'

const root = join(import.meta.dirname, '../..')

test('reference: docs/configuration.md is current', () => {
  assert.equal(readFileSync(join(root, 'docs/configuration.md'), 'utf8'), `${configurationReference().trim()}\n`, 'make docs')
})

test('reference: configs/routing.schema.json is current', () => {
  assert.equal(
    readFileSync(join(root, 'configs/routing.schema.json'), 'utf8'),
    `${JSON.stringify(jsonSchema(), null, 2)}\n`,
    'make docs',
  )
})

test('reference: configs/everything.yaml is current, and has every key', () => {
  assert.equal(readFileSync(join(root, 'configs/everything.yaml'), 'utf8'), everything, 'make docs')
  const without: string[] = []
  const visit = (schema: unknown, path: string): void => {
    const { properties, patternProperties, items, anyOf } = asObject(schema)
    for (const [name, field] of Object.entries(asObject(properties))) {
      const { examples, description = '', default: usual } = asObject(field)
      if (asArray(examples).length === 0) without.push(`${path}${name} has no example`)
      const isOptional = !asArray(asObject(schema)['required']).includes(name)
      if (isOptional && usual === undefined && !/default|unless|left out/i.test(String(description)))
        without.push(`${path}${name} does not say what it is when left out`)
      visit(field, `${path}${name}.`)
    }
    for (const inner of [...Object.values(asObject(patternProperties)), items, ...asArray(anyOf)])
      if (isObject(inner)) visit(inner, `${path}*.`)
  }
  visit(jsonSchema(), '')
  assert.deepEqual(without, [])
})

test('reference: the examples of all blocks together have no fault but what this version does not act on yet', () => {
  const env = Object.fromEntries(
    ['ANTHROPIC_API_KEY', 'AZURE_OPENAI_API_KEY', 'OPENAI_KEY_A', 'OPENAI_KEY_B', 'WEB_KEY'].map((name) => [name, name]),
  )
  const loaded = loadText(`version: 1\n${Object.values(blockExamples).join('')}`, {
    path: 'examples',
    strict: true,
    sources: {
      env,
      readFile: (path) => (path.endsWith('prices.yaml') ? 'openai/gpt-5.6: { input: 3, output: 12 }' : 'from a file'),
    },
  })
  const problems = loaded.ok ? loaded.value.warnings.map(formatProblem) : loaded.error.map(formatProblem)
  assert.deepEqual(
    problems.filter((problem) => !/has no effect yet|is not supported yet/.test(problem)),
    [],
  )
})

test('reference: every block has an example, and every link leads somewhere', () => {
  const page = configurationReference()
  const blocks = Object.keys(RoutingFile.properties).filter(
    (name) => !['version', 'listen', 'admin', 'admin_hosts', 'clients_file'].includes(name),
  )
  assert.deepEqual(Object.keys(blockExamples), blocks)
  const anchors = new Set(
    [...page.matchAll(/^#+ `?([^`\n]+)`?$/gm)].map(([, text = '']) => text.toLowerCase().replace(/[^\w-]/g, '')),
  )
  for (const [, anchor = ''] of page.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(anchors.has(anchor), anchor)
})

test('schema: every field is described', () => {
  const undescribed: string[] = []
  const visit = (schema: unknown, path: string): void => {
    const { properties, patternProperties, items, anyOf } = asObject(schema)
    for (const [name, field] of Object.entries(asObject(properties))) {
      if (asString(asObject(field)['description']) === undefined) undescribed.push(`${path}${name}`)
      visit(field, `${path}${name}.`)
    }
    for (const inner of [...Object.values(asObject(patternProperties)), items, ...asArray(anyOf)])
      if (isObject(inner)) visit(inner, `${path}*.`)
  }
  visit(RoutingFile, '')
  assert.deepEqual(undescribed, [])
})

test('schema: JSON Schema names provider types and strategies, and holds no words of our own', () => {
  const words = new Set<string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const entry of value) visit(entry)
    if (!isObject(value)) return
    for (const [word, inner] of Object.entries(value)) {
      words.add(word)
      visit(inner)
    }
  }
  const schema = jsonSchema()
  visit(schema)
  for (const word of ['expects', 'secret', 'inherits']) assert.ok(!words.has(word), word)
  const text = JSON.stringify(schema)
  assert.match(text, /"enum":\["fallback"/)
  assert.match(text, /"enum":\["openai","anthropic"/)
})
