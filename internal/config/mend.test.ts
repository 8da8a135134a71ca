import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse, stringify } from 'yaml'
import { asObject, isObject } from '#lib/json.ts'
import { everything } from './everything.ts'
import { loadText } from './load.ts'
import { formatProblem } from './problem.ts'
import { RoutingFile } from './schema/routing-file.ts'
import { fits } from './validate.ts'

const everythingPath = join(import.meta.dirname, '../../configs/everything.yaml')
const sources = { env: {}, readFile: () => '' }

function found(text: string): readonly string[] {
  const loaded = loadText(text, { path: 'f', sources })
  return (loaded.ok ? loaded.value.warnings : loaded.error).map(formatProblem)
}

/** Places and first words of what is found. */
const brief = (text: string): readonly string[] => found(text).map((problem) => problem.replace(/^f:/, '').replace(/ \(.*$/, ''))

test('mend: mistakes of both kinds are told in one run', () => {
  assert.deepEqual(
    brief(`version: 1
providers: { openai: { api_key: k, timeouts: { idle: 3 } }, odd: { type: oddity } }
models:
  smart: { stratgy: cost, targets: [opnai/gpt, openai/ok, noslash] }
  fast: { strategy: fats, targets: [openai/gpt] }
rules:
  - { when: { tier: a }, use: smrt, onyl: [x] }
  - { when: { tier: b }, only: [nobody] }
clients:
  - { name: b, key: x, rpm: many, models: [fast, mx] }
limit: {}
retry: { backoff: { base: 2s, max: 1s } }`),
    [
      '2:54: providers.openai.timeouts.idle must be a duration such as 500ms, 30s, 5m or 1h, not 3',
      '2:74: oddity is no provider type',
      '4:12: unknown key stratgy',
      '4:37: opnai is no provider',
      '4:59: models.smart.targets.2 must be provider/model, or a mapping with `target`, not noslash',
      '5:21: fats is no strategy',
      '7:31: smrt is no model',
      '7:37: unknown key onyl',
      '8:33: nobody is no provider',
      '10:29: clients.0.rpm must be a whole number of at least 1, not many',
      '10:50: mx is no model',
      '11:1: unknown key limit',
      '12:36: the longest wait is shorter than the first',
    ],
  )
})

test('mend: who uses what was refused is not told that it is not there', () => {
  assert.deepEqual(
    brief(`version: 1
providers: { openai: { api_key: k }, broken: 5, odd: { typ: openai } }
models:
  smart: { targets: [broken/x, odd/y, openai/ok] }
  misspelt: { tragets: [openai/ok] }
  number: 7
rules:
  - { when: { tier: a }, use: number, only: [broken] }
clients:
  - { name: a, kye: x, models: [misspelt, number] }
cache: { semantic: { model: misspelt } }`),
    [
      '2:46: providers.broken must be a mapping such as { api_key: … }, not 5',
      '2:56: unknown key typ',
      '5:3: models.misspelt needs targets',
      '5:15: unknown key tragets',
      '6:11: models.number must be a mapping with `targets`, not 7',
      '10:16: unknown key kye',
    ],
  )
})

test('mend: without the names nothing is said of their use', () => {
  const rest = 'rules: [{ when: {}, use: nothing }]\nclients: [{ name: a, key: b, models: [c] }]'
  const models = 'models: { m: { targets: [x/y] } }'
  assert.deepEqual(brief(`version: 1\nprovider: { openai: {} }\n${models}\n${rest}`), [
    '1:1: the file needs providers',
    '2:1: unknown key provider',
  ])
  assert.deepEqual(brief(`version: 1\nproviders: { openai: { api_key: k } }\nmodels: 7\n${rest}`).length, 1)
})

test('mend: what is compared with something refused is not told', () => {
  const head = 'version: 1\nproviders: { openai: { api_key: k } }\n'
  const models = 'models: { m: { targets: [openai/m], retry: { backoff: { max: 100ms } } } }\n'
  assert.deepEqual(brief(`${head}${models}retry: { backoff: { base: 10 } }`), [
    '4:27: retry.backoff.base must be a duration such as 500ms, 30s, 5m or 1h, not 10',
  ])
})

test('mend: more mistakes than a few are all told', () => {
  const models = Array.from({ length: 50 }, (_, index) => `  m${index}: { targets: [openai/m], strategy: 5, kind: x }\n`)
  assert.equal(found(`version: 1\nproviders: { openai: { api_key: k } }\nmodels:\n${models.join('')}`).length, 100)
})

type Break = (value: unknown) => unknown

const breaks: Readonly<Record<string, Break>> = {
  'another type': (value) => (typeof value === 'object' ? 5 : { refused: 1 }),
  'an unknown key': (value) => (isObject(value) ? { ...value, refused: 1 } : value),
  nothing: () => undefined,
}

function placesIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, entry]) => placesIn(entry, [...path, key]))]
}

function broken(data: unknown, [key, ...rest]: readonly string[], change: Break): unknown {
  if (key === undefined) return change(data)
  if (Array.isArray(data)) return data.map((entry, index) => (String(index) === key ? broken(entry, rest, change) : entry))
  const changed = broken(asObject(data)[key], rest, change)
  return { ...asObject(data), [key]: changed }
}

for (const [name, change] of Object.entries(breaks)) {
  test(`mend: one mistake anywhere in a file with every key is followed by no others: ${name}`, () => {
    const data: unknown = parse(everything)
    let refused = 0
    for (const path of placesIn(data).slice(1)) {
      const text = stringify(broken(data, path, change))
      const told: string[] = []
      const bySchema = parse(text)
      if (fits(RoutingFile, bySchema, (_path, message) => told.push(message))) continue
      refused++
      const loaded = loadText(text, {
        path: everythingPath,
        sources: { env: {}, readFile: (file) => readFileSync(file, 'utf8') },
      })
      const problems = loaded.ok ? [] : loaded.error.filter(({ severity }) => severity === 'error')
      assert.deepEqual(problems.map(({ message }) => message).toSorted(), told.toSorted(), path.join('.'))
    }
    assert.ok(refused > 10, String(refused))
  })
}
