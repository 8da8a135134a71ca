import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '#lib/json.ts'
import { sampleOf } from './sample.ts'

const cases: readonly { name: string; schema: JsonObject; value: unknown }[] = [
  { name: 'takes the first of an enum', schema: { enum: ['a', 'b'] }, value: 'a' },
  { name: 'takes a constant', schema: { const: 7 }, value: 7 },
  { name: 'takes the default', schema: { type: 'string', default: 'x' }, value: 'x' },
  { name: 'keeps the bounds of a number', schema: { type: 'integer', minimum: 5, maximum: 9 }, value: 5 },
  { name: 'keeps an upper bound below its own choice', schema: { type: 'integer', maximum: -3 }, value: -3 },
  { name: 'keeps an exclusive bound', schema: { type: 'integer', exclusiveMinimum: 5 }, value: 6 },
  { name: 'keeps a multiple', schema: { type: 'integer', multipleOf: 5, minimum: 7 }, value: 10 },
  { name: 'keeps the length of a text', schema: { type: 'string', maxLength: 3 }, value: 'som' },
  { name: 'knows formats', schema: { type: 'string', format: 'date' }, value: '2026-01-02' },
  {
    name: 'fills the least number of items',
    schema: { type: 'array', minItems: 2, items: { type: 'null' } },
    value: [null, null],
  },
  { name: 'reads types in capitals', schema: { type: 'OBJECT', properties: { n: { type: 'INTEGER' } } }, value: { n: 1 } },
  { name: 'takes what is not null of several types', schema: { type: ['null', 'boolean'] }, value: true },
  { name: 'takes what is not null of a choice', schema: { anyOf: [{ type: 'null' }, { const: 1 }] }, value: 1 },
  {
    name: 'leaves optional fields out when some are required',
    schema: { type: 'object', properties: { a: { const: 1 }, b: { const: 2 } }, required: ['a'] },
    value: { a: 1 },
  },
  {
    name: 'merges allOf',
    schema: { allOf: [{ type: 'object', properties: { a: { const: 1 } } }, { properties: { b: { const: 2 } } }] },
    value: { a: 1, b: 2 },
  },
  {
    name: 'follows references',
    schema: { type: 'object', properties: { a: { $ref: '#/$defs/x' } }, $defs: { x: { const: 3 } } },
    value: { a: 3 },
  },
]

for (const { name, schema, value } of cases) test(`sample: ${name}`, () => assert.deepEqual(sampleOf(schema), value))

test('sample: a schema that refers to itself ends', () => {
  const schema = { type: 'object', properties: { next: { $ref: '#' } } }
  assert.ok(JSON.stringify(sampleOf(schema)).length < 1000)
})
