import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entryOf, parseJson } from './json.ts'

test('parseJson: what is nested too deep is refused like text that is no JSON', () => {
  const nested = (levels: number): string => `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`
  assert.ok(parseJson(nested(512)).ok)
  const deep = parseJson(nested(514))
  assert.deepEqual(deep, { ok: false, error: 'it is nested deeper than 512 levels' })
  assert.ok(!parseJson('['.repeat(1_000_000)).ok)
  assert.ok(!parseJson(`${'['.repeat(100_000)}${']'.repeat(100_000)}`).ok)
  assert.ok(parseJson(`[${'[],'.repeat(10_000)}1]`).ok)
})

test('entryOf: what every object has is no entry', () => {
  assert.equal(entryOf({ a: 1 }, 'a'), 1)
  for (const name of ['constructor', '__proto__', 'toString', 'b']) assert.equal(entryOf({ a: 1 }, name), undefined)
})
