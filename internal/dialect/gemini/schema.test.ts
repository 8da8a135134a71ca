import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isEmptyObject, readSchema, writeSchema } from './schema.ts'

test('JSON Schema as Gemini takes it', () => {
  const string = { type: 'string' }
  for (const [given, written] of [
    [
      { $schema: 'x', type: 'object', properties: { a: string }, additionalProperties: false },
      { type: 'object', properties: { a: string }, additionalProperties: false },
    ],
    [{ const: 'a' }, { type: 'string', enum: ['a'] }],
    [{ const: true }, { type: 'boolean', description: '{const: true}' }],
    [{ const: null }, { type: 'null' }],
    [{ type: 'string', nullable: true }, { type: ['string', 'null'] }],
    [
      { type: 'string', description: 'd', pattern: '^a', minLength: 2 },
      { type: 'string', description: 'd\n\n{pattern: "^a", minLength: 2}' },
    ],
    [
      { definitions: { A: string }, $ref: '#/definitions/A', title: 't' },
      { $ref: '#/$defs/A', $defs: { A: string } },
    ],
    [
      { type: 'array', items: [string] },
      { type: 'array', prefixItems: [string] },
    ],
    [{ oneOf: [{ const: 1 }, true] }, { oneOf: [{ type: 'number', enum: [1] }, {}] }],
    [{ properties: { a: { allOf: [{ $ref: '#/$defs/A' }], description: 'd' } } }, { properties: { a: { $ref: '#/$defs/A' } } }],
    [
      {
        $defs: { A: { properties: { a: string }, required: ['a'] } },
        allOf: [{ $ref: '#/$defs/A' }, { properties: { b: string }, required: ['b'] }],
      },
      {
        $defs: { A: { properties: { a: string }, required: ['a'] } },
        properties: { b: string, a: string },
        required: ['a', 'b'],
      },
    ],
    [{ propertyNames: { pattern: 'x' }, if: {}, not: {}, type: 'object' }, { type: 'object' }],
  ] as const)
    assert.deepEqual(writeSchema(given), written, JSON.stringify(given))
})

test('a schema that contains itself ends', () => {
  const schema = { $defs: { A: { allOf: [{ $ref: '#/$defs/A' }, { type: 'string' }] } }, allOf: [{ $ref: '#/$defs/A' }, {}] }
  assert.equal(writeSchema(schema)['type'], 'string')
})

test('Gemini’s own form as JSON Schema', () => {
  assert.deepEqual(
    readSchema({
      type: 'OBJECT',
      property_ordering: ['b', 'a'],
      properties: {
        a: { type: 3, nullable: true },
        b: { type: 'ARRAY', items: { type: 'STRING', format: 'enum', enum: ['x'] }, min_items: '1' },
        type: { any_of: [{ type: 'NUMBER' }, { type: 'BOOLEAN' }], example: 1 },
      },
    }),
    {
      type: 'object',
      properties: {
        b: { type: 'array', items: { type: 'string', enum: ['x'] }, minItems: 1 },
        a: { type: ['integer', 'null'] },
        type: { anyOf: [{ type: 'number' }, { type: 'boolean' }], examples: [1] },
      },
    },
  )
})

test('functions without arguments', () => {
  assert.deepEqual(
    [
      { type: 'object', properties: {} },
      { type: 'object' },
      { type: 'object', additionalProperties: true },
      { anyOf: [] },
      { properties: { a: {} } },
    ].map(isEmptyObject),
    [true, true, false, false, false],
  )
})
