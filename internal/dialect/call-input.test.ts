import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callInput } from './call-input.ts'

const cases: readonly (readonly [args: string, written: string])[] = [
  ['{"id":12345678901234567890,"of":[-9007199254740993]}', '{"id":12345678901234567890,"of":[-9007199254740993]}'],
  ['{"text":"12345678901234567890","x":0.12345678901234567}', '{"text":"12345678901234567890","x":0.12345678901234566}'],
  ['{"n":9007199254740991,"deep":{"n":1}}', '{"n":9007199254740991,"deep":{"n":1}}'],
  // Read after the one above it, in the form in which V8 would take it for that one.
  ['{"id":12345678901234567890,"a\\\\":1}', '{"id":12345678901234567890,"a\\\\":1}'],
  ['{"id":12345678901234567890,"a\\n":1}', '{"id":12345678901234567890,"a\\n":1}'],
  ['', '{}'],
  ['{"id":1234567890123456', '{}'],
  ['12345678901234567890', '{}'],
]

for (const [args, written] of cases) {
  test(`a call's arguments: ${args}`, () => assert.equal(JSON.stringify(callInput(args)), written))
}
