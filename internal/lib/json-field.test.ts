import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { jsonField, numberField, textField } from './json-field.ts'

const name = 'a "name"'
const asJson = (value: unknown): string => JSON.stringify({ first: 1, [name]: value })
const asFields = (field: string): string => `{"first":1${field}}`
const texts = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '"', '\\', '\u2028', '\ud800', '\u007f', 'gpt-4.1'),
)

test('a field is written as JSON.stringify writes it', () => {
  fc.assert(
    fc.property(fc.option(texts, { nil: undefined }), (text) => assert.equal(asFields(textField(name)(text)), asJson(text))),
  )
  fc.assert(
    fc.property(fc.option(fc.oneof(fc.double(), fc.integer()), { nil: undefined }), (number) =>
      assert.equal(asFields(numberField(name)(number)), asJson(number)),
    ),
  )
  fc.assert(
    fc.property(fc.option(fc.jsonValue(), { nil: undefined }), (value) =>
      assert.equal(asFields(jsonField(name)(value)), asJson(value)),
    ),
  )
})
