import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseDocument } from 'yaml'
import { readPlainYaml } from './plain-yaml.ts'

const file = `# A comment: with "signs" of all [kinds]
version: 1
providers:
  one: { type: openai-compatible, base_url: "http://127.0.0.1:1/v1?a=b#c", api_key: 'k: 1' } # the first
  two:
    type: openai

    base_url: https://two.example:8443/v1
models:
  gpt-*: { targets: [one/gpt-*] }
  "qwen3:8b": { "targets": [one/a] }
  fast:
    strategy: latency
    targets:
    - one/vendor/model:free@v1.5
    - target: two/b
      weight: 2.5
      lacks: [tools, images]
    cache: false
rules:
  - match: { stream: true, headers: {}, any: [] }
    order: [ "fast", gpt-1 , 'x' ]
retry: { attempts: 3 , backoff: { base: 250ms, jitter: 10% } }
listen: 127.0.0.1:7070
until: 2027-12-31
limits:
  max_body: 32MiB
`

/** What YAML's own parser makes of it; its mistakes, if it finds any. */
function byItsParser(text: string): unknown {
  const document = parseDocument(text, { merge: true })
  return document.errors.length > 0 || document.warnings.length > 0 ? document.errors : document.toJS()
}

/** Whether it is read; then it must be read as its parser does. */
function isRead(text: string): boolean {
  const read = readPlainYaml(text)
  if (read !== undefined) assert.deepEqual(read, byItsParser(text), JSON.stringify(text))
  return read !== undefined
}

test('plain YAML: keys, numbers, texts, lists and mappings in all their places', () => {
  assert.ok(isRead(file))
})

const left: readonly string[] = [
  ...['', '# nothing\n', '- a\n', 'text\n', 'a:\n', 'a: 1\na: 2\n', 'a: { b: 1, b: 2 }\n', 'a: 1\n  b\n', 'a:\n  b: 1\n c: 2\n'],
  ...[
    'a: &b 1\nc: *b\n',
    '<<: { a: 1 }\n',
    'a: !!str 1\n',
    'a: |\n  b\n',
    'a: [b,\n  c]\n',
    'a: "\\n"\n',
    "a: 'it''s'\n",
    '--- \na: 1\n',
  ],
  ...['a: null\n', 'a: ~\n', 'a: True\n', 'a: 1e3\n', 'a: 0x1\n', 'a: 007\n', 'a: .5\n', 'a: -1\n', '1: a\n', 'true: a\n'],
  ...[
    'a: b: c\n',
    'a: [b] c\n',
    'a: "b" c\n',
    'a: { b }\n',
    'a: [b: c]\n',
    'a: b c\n',
    'a: 1\r\n',
    'a:\t1\n',
    '\ufeffa: 1\n',
    '__proto__: 1\n',
    '"__proto__": 1\n',
    '"<<": { a: 1 }\n',
    '"a": 1\na: 2\n',
    'a: 1.2.3\n',
    'a: 12:30\n',
  ],
]

test('plain YAML: all else is left to its own parser', () => {
  for (const text of left) assert.equal(readPlainYaml(text), undefined, JSON.stringify(text))
})

const pieces = [
  ...[
    ' ',
    '  ',
    '\n',
    '\n  ',
    '\n- ',
    '- ',
    ': ',
    ':',
    ', ',
    ',',
    '#',
    ' #',
    '[',
    ']',
    '{',
    '}',
    '"',
    '"q": ',
    "'",
    '\\',
    '--- ',
    '? ',
  ],
  ...['a', 'b1', '0', '1', '01', '1.5', '1e3', '0x1', '.5', '+1', '-1', '12:30', '10s', 'true', 'null', '~', 'key: v'],
  ...['<<', '*a', '&a', '.', '/', '|', '>', '%', '@', '`', '!', '?', 'é', '$' + '{A}', 'a: {b: c}', 'x: [1, 2]'],
]

test('plain YAML: whatever it is changed to, what is read is what its parser reads', () => {
  const edit = fc.record({ at: fc.nat(), remove: fc.nat(3), insert: fc.constantFrom('', ...pieces) })
  let read = 0
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      let text = file
      for (const { at, remove, insert } of edits) {
        const place = at % (text.length + 1)
        text = text.slice(0, place) + insert + text.slice(place + remove)
      }
      if (isRead(text)) read++
    }),
    { numRuns: 1500 },
  )
  const start = fc.constantFrom('', 'k: ', 'k:\n  - ', 'k: { l: ')
  fc.assert(
    fc.property(start, fc.array(fc.constantFrom(...pieces), { maxLength: 8 }), (before, put) => {
      if (isRead(before + put.join(''))) read++
    }),
    { numRuns: 5000 },
  )
  assert.ok(read > 200, `${read} were read`)
})
