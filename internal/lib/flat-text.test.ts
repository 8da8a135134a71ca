import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { flat, joined } from './flat-text.ts'

test('flat texts are the same texts', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), fc.nat({ max: 10 }), (one, other, from) => {
      assert.equal(flat(one), one)
      assert.equal(flat(one.slice(from)), one.slice(from))
      assert.equal(joined(one, other), one + other)
      assert.equal(joined(one, '', other, one), one + other + one)
    }),
  )
})
