import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textOf } from './table.ts'

test('columns are as wide as their widest cell; what was not measured is a dash', () => {
  const text = textOf({
    title: 'Title',
    columns: [
      { heading: 'a', digits: 0 },
      { heading: 'wide heading', digits: 2 },
    ],
    rows: [
      { name: 'one', figures: [12345, 1] },
      { name: 'longer', figures: [1, undefined] },
      { name: 'none', figures: [Number.NaN] },
    ],
  })
  assert.deepEqual(text.split('\n'), [
    'Title',
    '            a  wide heading',
    'one     12345          1.00',
    'longer      1             –',
    'none        –             –',
  ])
})
