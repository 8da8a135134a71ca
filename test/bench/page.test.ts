import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partOf, withPart } from './page.ts'

const titles = ['First', 'Second']
const part = (title: string, text: string) => ({ title, text: `## ${title}\n\n${text}\n` })

test('a part is replaced where it stands, and the others keep their figures', () => {
  const both = withPart(withPart('', part('Second', 'two'), titles), part('First', 'one'), titles)
  const changed = withPart(both, part('Second', 'three'), titles)
  assert.ok(changed.startsWith('# Benchmarks\n'))
  assert.deepEqual(changed.match(/^(one|two|three)$/gm), ['one', 'three'])
  assert.equal(withPart(changed, part('Second', 'three'), titles), changed)
})

test('a part that is no longer measured leaves the page', () => {
  const page = withPart(withPart('', part('First', 'one'), titles), part('Second', 'two'), titles)
  assert.doesNotMatch(withPart(page, part('Second', 'two'), ['Second']), /^one$/m)
})

test('a part says what it is, when and where it was measured, and what is not in its tables', () => {
  const section = { name: 'first', title: 'First', about: 'What it means.', play: () => Promise.reject(new Error('not played')) }
  const table = { title: 'A table', columns: [{ heading: 'ms', digits: 1 }], rows: [{ name: 'one', figures: [1.25] }] }
  const text = partOf(section, { tables: [table], notes: ['two is left out'], ratios: {} }, '3 rounds')
  for (const expected of ['## First', 'What it means.', process.versions.node, '3 rounds', 'one  1.3', '- two is left out'])
    assert.ok(text.includes(expected), expected)
})
