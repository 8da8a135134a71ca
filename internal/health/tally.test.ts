import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTally } from './tally.ts'

test('tally: tells what was counted since it was last asked', () => {
  const tally = createTally()
  tally.add('all', false)
  tally.add('a/one', true)
  tally.add('all', true)
  assert.deepEqual(tally.take(), [
    ['all', 2, 1],
    ['a/one', 1, 1],
  ])
  tally.add('all', false)
  assert.deepEqual(tally.take(), [['all', 1, 0]])
  assert.deepEqual(tally.take(), [])
})

test('tally: names that clients make up do not fill the memory', () => {
  const tally = createTally()
  for (let name = 0; name < 6000; name++) tally.add(`p/${name}`, false)
  tally.add('p/0', true)
  const counts = tally.take()
  assert.equal(counts.length, 5000)
  assert.deepEqual(counts[0], ['p/0', 2, 1])
})
