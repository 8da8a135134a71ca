import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readJson } from './exact-json.ts'

const read = (text: string): unknown => readJson(text, 512)

test('a name with an escape is not taken for one that was read before', () => {
  const pairs = [
    [String.raw`a\\`, String.raw`a\n`],
    [String.raw`a\\n`, String.raw`a\nb`],
    [String.raw`gr\\u0`, String.raw`gr\u00fc\u00df`],
    [String.raw`\\`, String.raw`\"`],
    [String.raw`\\`, String.raw`\u0041`],
  ] as const
  for (const [before, name] of pairs) {
    for (const space of ['', ' ']) {
      const expected: unknown = JSON.parse(`"${name}"`)
      // A way to begin that no other object has: only there a name is guessed.
      const lead = `begins with ${name.length} ${before.length}${space}`
      read(`{"${lead}":0,"${before}"${space}:1}`)
      assert.deepEqual(Object.keys(Object(read(`{"${lead}":0,"${name}"${space}:1}`))), [lead, expected], name)
    }
  }
})

test('what JSON.stringify wrote is read as it was, in its order', () => {
  const text = fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'n', 'u', '0', 'ä', '\ue000', ':', ' ') })
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'small', maxDepth: 4 },
      text,
      fc.constantFrom(null, true, 1),
      fc.array(tie('json'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', '1')), tie('json'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }))
  fc.assert(
    fc.property(json, fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      assert.equal(JSON.stringify(read(JSON.stringify(value, undefined, space))), JSON.stringify(value))
    }),
    { numRuns: 3000 },
  )
})

test('a name twice, whichever way it is written, has its last value', () => {
  assert.deepEqual(read(String.raw`{"a\\":0,"a":1,"\u0061":2,"b\n":3,"b\u000a":4}`), { 'a\\': 0, a: 2, 'b\n': 4 })
})

test('what is no JSON is refused as JSON.parse does it, and deep lists are read', () => {
  assert.throws(() => read(String.raw`{"a\\":1,}`), SyntaxError)
  assert.ok(Array.isArray(read(`${'['.repeat(100_000)}${String.raw`{"a\\":1}`}${']'.repeat(100_000)}`)))
})
