import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs } from './backoff.ts'

const config = { base: 500, factor: 2, max: 8000, jitter: 0.2 }

const cases: readonly { attempts: number; random: number; expected: number }[] = [
  { attempts: 1, random: 0.5, expected: 500 },
  { attempts: 2, random: 0.5, expected: 1000 },
  { attempts: 3, random: 0.5, expected: 2000 },
  { attempts: 5, random: 0.5, expected: 8000 },
  { attempts: 1000, random: 0.5, expected: 8000 },
  { attempts: 1, random: 0, expected: 400 },
  { attempts: 1, random: 1, expected: 600 },
  { attempts: 9, random: 1, expected: 8000 },
]

for (const { attempts, random, expected } of cases) {
  test(`backoff: after ${attempts} attempts, random ${random}: ${expected} ms`, () => {
    assert.equal(
      backoffMs(attempts, config, () => random),
      expected,
    )
  })
}
