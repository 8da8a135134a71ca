import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFieldNames, isFieldName, isFieldValue } from './http-fields.ts'

test('names and values of headers', () => {
  for (const name of ['x', 'X-A', "!#$%&'*+-.^_`|~09"]) assert.ok(isFieldName(name), name)
  for (const name of ['', 'x a', 'x:', 'x\n', 'näme', 'x\x00']) assert.ok(!isFieldName(name), JSON.stringify(name))
  for (const value of ['', 'a b', '\t', 'na\u00efve']) assert.ok(isFieldValue(value), value)
  for (const value of ['a\r\nb', 'a\n', '\x00', '\x7f', '✓']) assert.ok(!isFieldValue(value), JSON.stringify(value))
})

test('names are the same each time, however many there are', () => {
  const nameOf = createFieldNames()
  for (const _time of [1, 2]) for (let at = 0; at < 1000; at++) assert.equal(nameOf(`X-${at}`), `x-${at}`)
  assert.equal(nameOf('x y'), undefined)
})
