import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { inHundredths } from './hundredths.ts'

test('two decimals', () => {
  for (const [number, text] of [
    [0, '0.00'],
    [3, '3.00'],
    [0.05, '0.05'],
    [1.5, '1.50'],
    [12.999, '13.00'],
    [-0.004, '0.00'],
    [-2.25, '-2.25'],
    [600_000, '600000.00'],
  ] as const)
    assert.equal(inHundredths(number), text)
  assert.equal(inHundredths(Number.NaN), 'NaN')
  assert.equal(inHundredths(1e300), '1e+300')
})

test('never further from the number than half a hundredth', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), (number) => {
      const text = inHundredths(number)
      assert.match(text, /^-?\d+\.\d\d$/)
      assert.ok(Math.abs(Number(text) - number) <= 0.005_001, text)
    }),
  )
})
