import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFieldLines, createFieldNames, digitsIn, isFieldName, isFieldValue } from './http-fields.ts'

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

test('a header is written with the value that it has now', () => {
  const lineOf = createFieldLines()
  for (const value of ['a', 'b', 'b', 'a', '']) assert.equal(lineOf('x', value), `x: ${value}\r\n`)
  assert.equal(lineOf('y', 'b'), 'y: b\r\n')
  for (const value of ['a\r\ny: z', '✓']) for (const _time of [1, 2]) assert.equal(lineOf('x', value), undefined)
  assert.equal(lineOf('x y', 'a'), undefined)
  for (const _time of [1, 2]) for (let at = 0; at < 1000; at++) assert.equal(lineOf(`x-${at}`, 'v'), `x-${at}: v\r\n`)
})

test('a length in digits', () => {
  for (const [text, number] of [
    ['0', 0],
    ['7', 7],
    ['0042', 42],
    ['123456789012345', 123456789012345],
  ] as const)
    assert.equal(digitsIn(text), number)
  for (const text of ['', '-1', '+1', '1.5', '1e3', ' 1', '3, 3', '٣', '1234567890123456'])
    assert.equal(digitsIn(text), undefined, text)
})
