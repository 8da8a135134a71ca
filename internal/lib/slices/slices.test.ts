import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJson } from '../json.ts'
import { parseInSlices } from './parse.ts'
import type { Turn } from './turn.ts'
import { writeInSlices } from './write.ts'

const onAndOn: Turn = () => Promise.resolve(true)
const slices = fc.integer({ min: 1, max: 40 })

async function written(value: object, slice: number): Promise<string> {
  return Buffer.concat((await writeInSlices(value, onAndOn, slice)) ?? []).toString('utf8')
}

async function assertSameAsWhole(bytes: Buffer, slice: number): Promise<void> {
  assert.deepEqual(await parseInSlices(bytes, onAndOn, slice), parseJson(bytes.toString('utf8')))
}

/** Texts with what JSON escapes, characters of one to four bytes, and lone halves of characters. */
const units = ['a', '"', '\n', '\u0007', 'ä', '你', '😀', '\ud83d', '\ude00', ',', ':', '[', '}']
const text = fc.string({ unit: fc.constantFrom('\\', ...units) })
const name = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'toJSON', '0', '1', ''))
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', maxDepth: 5 },
    text,
    fc.constantFrom(null, true, false, -0.5, 9007199254740992, 1e21),
    fc.array(tie('json'), { maxLength: 5 }),
    fc.dictionary(name, tie('json'), { maxKeys: 5 }),
  ),
}))

test('what is parsed in slices is what is parsed in one go', async () => {
  await fc.assert(
    fc.asyncProperty(json, slices, fc.constantFrom(undefined, 1, '\t\r\n '), async (value, slice, space) => {
      await assertSameAsWhole(Buffer.from(JSON.stringify(value, undefined, space)), slice)
    }),
    { numRuns: 500 },
  )
})

test('characters as escapes, names twice and the way to the prototype are read as in one go', async () => {
  const texts = [
    String.raw`"\u0041\ud83d\ude00\\\"\/\b"`,
    String.raw`["\\\\\\\\\\\\\\","\"\"\"\"\"\"\"","\\\""]`,
    '{"a":1,"b":[1,2,3],"a":{"c":[4]},"a":[5,6,7,8]}',
    '{"__proto__":{"a":[1,2,3]},"b":{"__proto__":1,"c":2}}',
    '{"2":1,"1":2,"x":3,"1":[4]}',
    ' [ ] ',
    ' { } ',
    '[[],{},[[]],{"a":{}}]',
    '\t1e5 ',
  ]
  for (const given of texts)
    for (let slice = 1; slice <= given.length; slice++) await assertSameAsWhole(Buffer.from(given), slice)
})

test('what is no JSON is refused in the same words', async () => {
  const pieces = fc.constantFrom(
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    '"',
    '"a"',
    '"a":',
    '1',
    'tru',
    'true',
    'null',
    ' ',
    '\\',
    '\\u12',
    '\n',
    '\ufeff',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(pieces, { maxLength: 12 }), slices, async (given, slice) => {
      await assertSameAsWhole(Buffer.from(given.join('')), slice)
    }),
    { numRuns: 3000 },
  )
})

test('a byte more, less or other is read or refused as in one go, also where it is no UTF-8', async () => {
  const change = fc.record({ at: fc.nat(), remove: fc.nat({ max: 1 }), insert: fc.uint8Array({ maxLength: 2 }) })
  await fc.assert(
    fc.asyncProperty(json, change, slices, async (value, { at, remove, insert }, slice) => {
      const bytes = Buffer.from(JSON.stringify(value))
      const place = at % (bytes.length + 1)
      await assertSameAsWhole(Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)]), slice)
    }),
    { numRuns: 3000 },
  )
})

test('as deep as may be, and deeper', async () => {
  for (const depth of [512, 513]) {
    const lists = `${'['.repeat(depth)}${']'.repeat(depth)}`
    for (const slice of [1, 100, 5000]) await assertSameAsWhole(Buffer.from(`{"a":0}`.replace('0', lists.slice(1, -1))), slice)
    await assertSameAsWhole(Buffer.from(lists), 50)
  }
})

test('what is written in slices is what is written in one go', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, fc.option(json, { nil: undefined })), slices, async (value, slice) => {
      assert.equal(await written(value, slice), JSON.stringify(value))
      assert.equal(await written({ a: [value, undefined] }, slice), JSON.stringify({ a: [value, undefined] }))
    }),
    { numRuns: 500 },
  )
})

test('there is a turn for others after every slice', async () => {
  const value = {
    list: Array.from({ length: 1000 }, (_, at) => ({ at, text: 'a text of some length' })),
    long: 'long\n'.repeat(10_000),
  }
  const bytes = Buffer.from(JSON.stringify(value))
  let turns = 0
  const counted: Turn = () => {
    turns++
    return Promise.resolve(true)
  }
  await parseInSlices(bytes, counted, 1000)
  assert.equal(turns, Math.ceil(bytes.length / 1000))
  turns = 0
  const pieces = (await writeInSlices(value, counted, 1000)) ?? []
  assert.ok(turns >= bytes.length / 2500, `${turns} turns`)
  assert.ok(pieces.every(({ length }) => length < 2500))
})

test('work that nobody wants any more ends', async () => {
  const value = { text: 'x'.repeat(1000) }
  let turns = 0
  const once: Turn = () => Promise.resolve(++turns < 2)
  assert.equal(await parseInSlices(Buffer.from(JSON.stringify(value)), once, 100), undefined)
  assert.equal(turns, 2)
  turns = 0
  assert.equal(await writeInSlices(value, once, 100), undefined)
  assert.equal(turns, 2)
})
