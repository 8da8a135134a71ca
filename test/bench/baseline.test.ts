import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare, withRatios } from './baseline.ts'

const baseline = '{ "whole": 2, "large": 1.5 }'

test('a ratio that grew by more than 15 % is a loss, one that grew less is none', () => {
  const { losses, unknown } = compare(baseline, { whole: 2.31, large: 1.72 })
  assert.deepEqual(losses, ['whole: 2.31, before 2.00'])
  assert.deepEqual(unknown, [])
})

test('a ratio that could not be measured is a loss', () => {
  assert.equal(compare(baseline, { whole: Number.NaN }).losses.length, 1)
})

test('a ratio that the baseline does not know is told, and no loss', () => {
  const { losses, unknown } = compare(baseline, { paced: 1.1 })
  assert.deepEqual(losses, [])
  assert.match(unknown[0] ?? '', /^paced: 1\.10/)
})

test('new ratios take the place of those of the same name, the others stay', () => {
  assert.deepEqual(JSON.parse(withRatios(baseline, { large: 1.23456, paced: 1 })), { whole: 2, large: 1.235, paced: 1 })
})

test('a baseline that is no JSON is not taken for an empty one', () => {
  assert.throws(() => compare('{', {}), /not JSON/)
})
