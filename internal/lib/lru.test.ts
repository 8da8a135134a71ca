import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLru } from './lru.ts'

test('lru: what was used last stays', () => {
  const kept = createLru<string, number>(2)
  kept.set('a', 1)
  kept.set('b', 2)
  kept.get('a')
  kept.set('c', 3)
  assert.deepEqual([...kept.keys()].sort(), ['a', 'c'])
})
