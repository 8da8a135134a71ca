import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDoubts, type Doubt } from './doubts.ts'
import { readHint } from './hints.ts'

const target = 'openai/gpt-4.1'
const at = (nowMs: number): { readonly nowMs: number; readonly forMs: number } => ({ nowMs, forMs: 30_000 })

const crowds: readonly [string, readonly string[], number, Doubt][] = [
  ['one of one other', ['a'], 1, 'suspected'],
  ['one of many', ['a'], 9, 'suspected'],
  ['the same one again and again', ['a', 'a', 'a'], 3, 'suspected'],
  ['both of two others', ['a', 'b'], 2, 'doubted'],
  ['two of three others', ['a', 'b'], 3, 'doubted'],
  ['two of four others', ['a', 'b'], 4, 'suspected'],
  ['five of nine others', ['a', 'b', 'c', 'd', 'e'], 9, 'doubted'],
]
for (const [name, voices, others, expected] of crowds) {
  test(`${name}: ${expected}`, () => {
    const doubts = createDoubts()
    let doubt: Doubt | undefined
    for (const voice of voices) doubt = doubts.opened(target, voice, at(0), others)
    assert.equal(doubt, expected)
  })
}

test('a voice is over with its time, and taken back when the target works there again', () => {
  const doubts = createDoubts()
  doubts.opened(target, 'a', at(0), 2)
  assert.equal(doubts.opened(target, 'b', at(30_000), 2), 'suspected')
  doubts.closed(target, 'b')
  assert.equal(doubts.opened(target, 'c', at(31_000), 2), 'suspected')
})

test('what others say is cut to sound lengths, and anything else is left', () => {
  const hint = { kind: 'limit', target, key: 'k', restMs: 9e9 }
  assert.deepEqual(readHint(hint), { ...hint, restMs: 60_000 })
  assert.deepEqual(readHint({ kind: 'breaker', target, state: 'open', forMs: 9e9, more: 1 }), {
    kind: 'breaker',
    target,
    state: 'open',
    forMs: 300_000,
  })
  const wrong: readonly unknown[] = [
    undefined,
    'text',
    [],
    { kind: 'flush' },
    { ...hint, target: 'no target' },
    { ...hint, restMs: -1 },
    { ...hint, restMs: Number.NaN },
    { ...hint, key: 'x'.repeat(2000) },
    { kind: 'breaker', target, state: 'ajar', forMs: 1 },
    { kind: 'key', provider: '', key: 'k', restMs: 1 },
  ]
  for (const value of wrong) assert.equal(readHint(value), undefined)
})
