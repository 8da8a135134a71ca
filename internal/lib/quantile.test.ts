import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createQuantileWindow } from './quantile.ts'
import { createRing } from './ring.ts'

test('quantile: equals the nearest rank of the sorted last values', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }),
      fc.constantFrom(0.01, 0.5, 0.95, 0.99, 1),
      (capacity, values, q) => {
        const window = createQuantileWindow(capacity)
        for (const value of values) window.add(value)
        const last = values.slice(-capacity).sort((left, right) => left - right)
        assert.equal(window.size(), last.length)
        assert.equal(window.at(q), last[Math.ceil(q * last.length) - 1])
      },
    ),
  )
})

test('ring: gives what falls out, oldest first, and begins anew when cleared', () => {
  const ring = createRing<string>(2)
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((value) => ring.push(value)),
    [undefined, undefined, 'a', 'b'],
  )
  ring.clear()
  assert.deepEqual([ring.size(), ring.push('e'), ring.size()], [0, undefined, 1])
})
