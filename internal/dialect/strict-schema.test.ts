import assert from 'node:assert/strict'
import { test } from 'node:test'
import { strictSchema } from './strict-schema.ts'

const node = { type: 'object', properties: { next: { $ref: '#/$defs/node' } } }

test('strictSchema: what the grammar takes', () => {
  const written = strictSchema({
    $schema: 'x',
    type: 'object',
    required: ['a'],
    properties: {
      a: { type: ['string', 'null'], description: 'A', format: 'email', minLength: 2 },
      b: { oneOf: [{ type: 'array', items: { type: 'object' }, minItems: 3 }, { const: 1 }] },
      type: { $ref: '#/$defs/leaf' },
    },
    $defs: { leaf: { enum: ['x', 'y'] } },
  })
  assert.deepEqual(written, {
    type: 'object',
    required: ['a'],
    properties: {
      a: { type: ['string', 'null'], description: 'A\n\n{minLength: 2}', format: 'email' },
      b: {
        anyOf: [
          { type: 'array', items: { type: 'object', properties: {}, additionalProperties: false }, description: '{minItems: 3}' },
          { const: 1 },
        ],
      },
      type: { $ref: '#/$defs/leaf' },
    },
    $defs: { leaf: { enum: ['x', 'y'] } },
    additionalProperties: false,
  })
})

test('strictSchema: what cannot be said', async (t) => {
  const cases: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['no object at the root', { type: 'array', items: { type: 'string' } }],
    ['recursive', { ...node, $defs: { node } }],
    ['refers to the root', { type: 'object', properties: { a: { $ref: '#' } } }],
    ['refers elsewhere', { type: 'object', properties: { a: { $ref: 'https://example.com/a.json' } } }],
    ['anything', { type: 'object', properties: { a: {} } }],
    ['a map', { type: 'object', properties: { a: { type: 'object', additionalProperties: { type: 'string' } } } }],
  ]
  for (const [name, schema] of cases) await t.test(name, () => assert.equal(strictSchema(schema), undefined))
})
