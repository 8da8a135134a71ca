import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadText } from './load.ts'
import { formatProblem } from './problem.ts'

const routing = `version: 1
providers: { openai: { api_key: k } }
models: { m: { targets: [openai/gpt] } }
prices: { file: prices.yaml }
`

function load(prices: string | undefined, text = routing) {
  const readFile = (): string => {
    if (prices === undefined) throw new Error('ENOENT')
    return prices
  }
  return loadText(text, { path: '/etc/routing.yaml', sources: { env: {}, readFile } })
}

function problems(prices: string | undefined, text = routing): readonly string[] {
  const loaded = load(prices, text)
  return loaded.ok ? [] : loaded.error.map(formatProblem)
}

test('price file: its prices, and the file that is to be watched', () => {
  const loaded = load('{ "openai/gpt": { "input": 1, "output": 2, "cached_input": 0.1, "context": 8000 } }')
  assert.ok(loaded.ok)
  const { prices, files } = loaded.value.config
  assert.deepEqual(prices?.get('openai/gpt'), { price: { input: 1, output: 2, cachedInput: 0.1 }, context: 8000 })
  assert.deepEqual(files, ['/etc/prices.yaml'])
})

test('price file: a change of it is a change of the configuration', () => {
  const digest = (prices: string): string => {
    const loaded = load(prices)
    return loaded.ok ? loaded.value.config.filledDigest() : assert.fail()
  }
  assert.notEqual(digest('openai/gpt: { input: 1, output: 2 }'), digest('openai/gpt: { input: 1, output: 3 }'))
  assert.equal(digest('openai/gpt: { input: 1, output: 2 }'), digest('openai/gpt: { input: 1, output: 2 }'))
})

test('price file: problems are told with their places in it', () => {
  assert.match(problems(undefined)[0] ?? '', /^\/etc\/routing\.yaml:4:17: prices\.yaml cannot be read: ENOENT/)
  assert.match(
    problems('openai/gpt:\n  input: 1\n  output: lots\n')[0] ?? '',
    /^prices\.yaml:3:11: openai\/gpt\.output must be a number of at least 0, not lots/,
  )
  assert.match(
    problems('openai/gpt: { input: 1, output: 2, outputs: 3 }')[0] ?? '',
    /^prices\.yaml:1:36: unknown key outputs \(did you mean/,
  )
  assert.match(problems('gpt: { input: 1, output: 2 }')[0] ?? '', /^prices\.yaml:1:1: unknown key gpt/)
  assert.match(problems('a: [')[0] ?? '', /^prices\.yaml:1:1: not valid YAML/)
})

test('prices: hours with a zone that there is not are a problem', () => {
  const during = (between: string): string =>
    `openai/gpt: { input: 1, output: 2, during: [{ between: "${between}", input: 1, output: 1 }] }`
  assert.match(problems(during('22:00-06:00 Europe/Atlantis'))[0] ?? '', /Europe\/Atlantis is no time zone/)
  assert.match(problems(during('22-6'))[0] ?? '', /must be hours such as 22:00-06:00/)
  assert.deepEqual(problems(during('22:00-06:00 Europe/Berlin')), [])
})
