import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config } from './config.ts'
import { loadText } from './load.ts'
import { formatProblem } from './problem.ts'

const routing = (file: string, rest = ''): string => `version: 1
providers: { openai: { api_key: k } }
models: { smart: { targets: [openai/gpt-4.1] } }
clients:
  - { name: web, key: key-web }
clients_file: ${file}
${rest}`

function load(file: string, text: string, rest?: string): Config | readonly string[] {
  const readFile = (path: string): string => {
    if (path === `/etc/outrigger/${file}`) return text
    throw new Error('no such file')
  }
  const loaded = loadText(routing(file, rest), {
    path: '/etc/outrigger/routing.yaml',
    sources: { env: { BATCH: 'key-b' }, readFile },
  })
  return loaded.ok ? loaded.value.config : loaded.error.map(formatProblem)
}

function names(loaded: Config | readonly string[]): readonly string[] {
  assert.ok('clients' in loaded, JSON.stringify(loaded))
  return loaded.clients.map(({ name, keys }) => `${name}=${keys.map(({ secret }) => secret.reveal()).join('+')}`)
}

test('clients of the file stand beside those of the routing file, in each of its forms', () => {
  const expected = ['web=key-web', 'batch=key-b', 'mobile=one+two']
  const yaml = '- { name: batch, key: "${BATCH}", rpm: 5 }\n- { name: mobile, keys: [one, { key: two, until: 2027-01-31 }] }\n'
  assert.deepEqual(names(load('keys.yaml', yaml)), expected)
  assert.deepEqual(names(load('keys.yaml', `clients:\n${yaml.replaceAll(/^/gm, '  ')}`)), expected)
  const lines = [
    '{"name":"batch","key":"${BATCH}","rpm":5}',
    '',
    '{"name":"mobile","keys":["one",{"key":"two","until":"2027-01-31"}]}',
  ]
  assert.deepEqual(names(load('keys.jsonl', lines.join('\n'))), expected)
})

const mistakes: readonly [string, string, string, RegExp][] = [
  [
    'a line that is no JSON, without showing it',
    'k.jsonl',
    '{"name":"a","key":"s3cret"}\n{"name":"b","key":"s3cret2',
    /^k\.jsonl:2:1: not valid JSON$/,
  ],
  ['an unknown field', 'k.jsonl', '\n{"name":"a","key":"x","rmp":5}', /^k\.jsonl:2:1: unknown key rmp \(did you mean rpm\?\)/],
  [
    'a model that does not exist',
    'k.yaml',
    '- { name: a, key: x }\n- { name: b, key: y, models: [smort] }',
    /^k\.yaml:2:\d+: smort is no model/,
  ],
  ['a key of the routing file', 'k.yaml', '- { name: a, key: key-web }', /^k\.yaml:1:\d+: a has the same key as web/],
  ['a name of the routing file', 'k.yaml', '- { name: web, key: x }', /^k\.yaml:1:\d+: a second client named web/],
  [
    'a second budget for the same period',
    'k.yaml',
    '- { name: a, key: x, budget: [{ usd: 1, per: day }, { usd: 2, per: day }] }',
    /a second budget for each day/,
  ],
  ['a day that is none', 'k.yaml', '- { name: a, keys: [{ key: x, until: 2027-02-31T25:00Z }] }', /is no day of the calendar/],
  ['nothing', 'k.jsonl', '\n', /k\.jsonl is empty/],
  ['an empty list', 'k.yaml', '[]', /must be a list of clients.*not empty/],
]
for (const [what, file, text, expected] of mistakes) {
  test(`${what} in it: the file is refused, and its place told`, () => {
    const problems = load(file, text)
    assert.ok(Array.isArray(problems))
    assert.match(String(problems[0]), expected)
    assert.doesNotMatch(problems.join(), /s3cret/)
  })
}

test('a file that is not there', () => {
  const loaded = loadText(routing('gone.yaml'), { path: '/nowhere/routing.yaml' })
  assert.ok(!loaded.ok)
  assert.match(loaded.error.map(formatProblem).join('\n'), /routing\.yaml:6:15: gone\.yaml cannot be read/)
})

test('rules may name clients of the file', () => {
  const loaded = load('k.yaml', '- { name: a, key: x }', 'rules: [{ when: { client: a }, only: [openai] }]')
  assert.ok('clients' in loaded)
})

test('a changed file is another version of the configuration', () => {
  const [one, two] = ['- { name: a, key: x }', '- { name: a, key: y }'].map((text) => load('k.yaml', text))
  assert.ok(one !== undefined && two !== undefined && 'filledDigest' in one && 'filledDigest' in two)
  assert.equal(one.digest(), two.digest())
  assert.notEqual(one.filledDigest(), two.filledDigest())
  assert.deepEqual(one.files, ['/etc/outrigger/k.yaml'])
})

test('ten thousand clients', () => {
  const lines = Array.from({ length: 10_000 }, (_, at) =>
    JSON.stringify({ name: `c${at}`, key: `key-${at}`, rpm: 60, models: ['smart'] }),
  )
  assert.equal(names(load('k.jsonl', lines.join('\n'))).length, 10_001)
})
