import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadFile } from '#config/load.ts'
import type { Dialect } from '#dialect/dialect.ts'
import { openaiChat } from '#dialect/openai-chat/index.ts'
import { dialects } from '#dialect/registry.ts'
import { type DrillResult, drill } from '#drill/drill.ts'
import { drillFaults } from '#drill/faults.ts'
import { createPrices } from '#pricing/catalogue.ts'
import { drillOf } from '../support/drill-process.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'outrigger-drill-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, yaml: string): string {
  const path = join(folder, name)
  writeFileSync(path, yaml)
  return path
}

// Those that are over in an instant; the others are drilled in a slow test.
const quick = ['rate_limit', 'error', 'auth', 'refused', 'reset', 'cut', 'malformed_event', 'empty_content', 'html_200', 'outage']

/** The drill of the example file, in this process: a new one takes longer than the drill. */
function drillFile(name: string, faults: readonly string[], dialect: Dialect = openaiChat): Promise<readonly DrillResult[]> {
  const loaded = loadFile({ path: join(root, 'configs', name), sources: { env: {}, readFile: () => '' } })
  assert.ok(loaded.ok)
  const { config } = loaded.value
  return drill({
    config,
    prices: createPrices(() => config),
    routes: config.models,
    faults: drillFaults.filter((fault) => faults.includes(fault.name)),
    dialect,
    timeoutMs: 300_000,
    told: true,
    speed: 10,
    parallel: 12,
  })
}

const unexpected = (results: readonly DrillResult[]): readonly DrillResult[] => results.filter(({ expected }) => !expected)

// Every key once is no routing to live with: its canary has one account behind both targets.
const livable = readdirSync(join(root, 'configs')).filter((one) => one.endsWith('.yaml') && one !== 'everything.yaml')

for (const name of livable) {
  test(`drill: configs/${name} stands every quick fault, without keys`, async () => {
    const results = await drillFile(name, quick)
    assert.deepEqual(unexpected(results), [])
    assert.ok(results.length >= quick.length)
    const outages = results.filter(({ fault }) => fault === 'outage')
    assert.ok(outages.length > 0 && outages.every(({ verdict }) => verdict === 'clean_error'))
    const sound = results.filter(({ fault }) => fault === 'none')
    assert.ok(sound.every(({ verdict, attempts }) => verdict === 'rescued' && attempts === 1))
  })
}

for (const dialect of dialects) {
  test(`drill: a client that speaks ${dialect.name}`, async () => {
    assert.deepEqual(unexpected(await drillFile('fallback.yaml', ['cut', 'error', 'outage'], dialect)), [])
  })
}

test('drill: a file that lets answers break is told so, with exit code 1', async () => {
  const path = file(
    'breaks.yaml',
    'version: 1\nproviders:\n  openai: {}\n  anthropic: {}\nmodels: { m: { targets: [openai/gpt-4.1, anthropic/claude-haiku-4-5] } }\nstream: { on_break: error }\n',
  )
  const { code, passed, results } = await drillOf(path, ['--fault', 'cut', '--fault', 'error'])
  assert.equal(code, 1)
  assert.equal(passed, false)
  const wrong = results.filter(({ expected }) => !expected)
  assert.deepEqual(
    wrong.map(({ fault, form, verdict }) => [fault, form, verdict]),
    [['cut', 'stream', 'truncated']],
  )
})

test('drill: names that are none are told with those that are', async () => {
  const { code, output } = await drillOf(join(root, 'configs/minimal.yaml'), ['--fault', 'flood'])
  assert.equal(code, 2)
  assert.match(output, /flood is none of rate_limit, error/)
})
