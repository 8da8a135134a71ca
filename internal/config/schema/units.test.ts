import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { Duration, formatDuration, parseDuration, parseRatio, parseSize, Ratio, Size } from './units.ts'

const durations: readonly [string, number][] = [
  ['500ms', 500],
  ['0ms', 0],
  ['30s', 30_000],
  ['1.5s', 1500],
  ['0.1s', 100],
  ['5m', 300_000],
  ['1h', 3_600_000],
]
for (const [text, ms] of durations) test(`units: ${text} is ${ms} ms`, () => assert.equal(parseDuration(text), ms))

const sizes: readonly [string, number][] = [
  ['0B', 0],
  ['64KiB', 65_536],
  ['1.5MiB', 1_572_864],
  ['2GiB', 2_147_483_648],
  ['10kB', 10_000],
  ['3MB', 3_000_000],
]
for (const [text, bytes] of sizes) test(`units: ${text} are ${bytes} bytes`, () => assert.equal(parseSize(text), bytes))

const ratios: readonly [string, number][] = [
  ['0%', 0],
  ['7%', 0.07],
  ['0.5%', 0.005],
  ['12.5%', 0.125],
  ['100%', 1],
]
for (const [text, ratio] of ratios) test(`units: ${text} is ${ratio}`, () => assert.equal(parseRatio(text), ratio))

const wrong: readonly [string, TSchema, unknown][] = [
  ['a duration without a unit', Duration({ description: '' }), '30'],
  ['a number as duration', Duration({ description: '' }), 30],
  ['a negative duration', Duration({ description: '' }), '-1s'],
  ['a duration with a space', Duration({ description: '' }), '1 s'],
  ['days', Duration({ description: '' }), '1d'],
  ['a size without a unit', Size({ description: '' }), '64'],
  ['a size in another case', Size({ description: '' }), '64mib'],
  ['a share above 100%', Ratio({ description: '' }), '101%'],
  ['a share above 1', Ratio({ description: '' }), 1.01],
  ['a negative share', Ratio({ description: '' }), -0.1],
  ['a share as text without its sign', Ratio({ description: '' }), '5'],
]
for (const [name, schema, value] of wrong)
  test(`units: ${name} is refused`, () => assert.equal(Value.Check(schema, value), false))

test('units: a duration is written in the largest unit that needs no fraction', () => {
  assert.deepEqual([0, 1, 1500, 90_000, 60_000, 7_200_000].map(formatDuration), ['0ms', '1ms', '1500ms', '90s', '1m', '2h'])
})
