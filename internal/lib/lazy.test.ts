import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lazy } from './lazy.ts'

test('a lazy value is made once, when it is first asked for, even if it is undefined', () => {
  let made = 0
  const value = lazy(() => {
    made++
    return undefined
  })
  assert.equal(made, 0)
  assert.equal(value(), undefined)
  assert.equal(value(), undefined)
  assert.equal(made, 1)
})
