import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatUsd, headerText } from './response-headers.ts'

test('money in plain digits, without zeros at the end', () => {
  for (const [usd, text] of [
    [0, '0'],
    [1, '1'],
    [100, '100'],
    [0.5, '0.5'],
    [1e-7, '0.0000001'],
    [0.000_012_3, '0.0000123'],
    [12.000_000_01, '12.00000001'],
    [4e-9, '0'],
    [-0.25, '-0.25'],
  ] as const)
    assert.equal(formatUsd(usd), text)
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (usd) => {
      assert.match(formatUsd(usd), /^\d+(\.\d*[1-9])?$/)
      assert.ok(Math.abs(Number(formatUsd(usd)) - Number(usd.toFixed(8))) <= 1.01e-8 + usd * Number.EPSILON, String(usd))
    }),
  )
})

test('what a header may not hold is replaced', () => {
  assert.equal(headerText('gpt-4.1 ~'), 'gpt-4.1 ~')
  assert.equal(headerText('a\r\nb: ü\x7f'), 'a??b: ??')
})
