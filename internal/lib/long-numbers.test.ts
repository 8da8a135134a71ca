import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asArray, asCount, asNumber, isObject, parseExactJson } from './json.ts'

const written = (text: string): string => {
  const parsed = parseExactJson(text)
  return parsed.ok ? JSON.stringify(parsed.value) : parsed.error
}

for (const text of [
  '{"id":12345678901234567890,"of":[-9007199254740993,9007199254740993],"deep":{"n":[[18446744073709551615]]}}',
  '{"text":"12345678901234567890, 1234567890123456789","n":9007199254740991,"small":1}',
  '[1.5,-0.25,1e+21]',
]) {
  test(`long numbers: ${text} is written as it was`, () => assert.equal(written(text), text))
}

test('long numbers: what is no whole number, or has more digits than an id, is rounded as ever', () => {
  assert.equal(written('[0.12345678901234567, 12345678901234567e3]'), '[0.12345678901234566,12345678901234567000]')
  assert.equal(written(`[${'9'.repeat(41)}]`), '[1e+41]')
})

test('long numbers: they are numbers to who asks for one, and no objects', () => {
  const parsed = parseExactJson('[12345678901234567890]')
  assert.ok(parsed.ok)
  const [value] = asArray(parsed.value)
  assert.deepEqual(
    [typeof value, asNumber(value), asCount(value), isObject(value)],
    ['bigint', 12345678901234567000, undefined, false],
  )
})

test('long numbers: they are found wherever they stand, with 16 digits and more', () => {
  for (const digits of [15, 16, 17, 20, 40]) {
    const number = '9'.repeat(digits)
    for (let before = 0; before < 40; before++) {
      const text = `["${'x'.repeat(before)}",${number}]`
      assert.equal(written(text), text)
    }
    for (const text of [number, `[1,"x",[${number}],"y"]`, `{"a":{"b":[{},{"c":${number}}]},"d":1}`])
      assert.equal(written(text), text)
  }
})
