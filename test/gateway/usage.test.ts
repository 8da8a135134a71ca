import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import OpenAI from 'openai'
import { asArray, asObject } from '#lib/json.ts'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'
import { startVendor, type VendorServer } from '../support/vendor-server.ts'

let sink: VendorServer
let world: MockRelay
let folder: string
let sinkStatus = 503

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'outrigger-usage-'))
  sink = await startVendor(() => ({ status: sinkStatus, body: '' }))
  world = await startMockRelay(`models: { smart: { targets: [{ target: openai/gpt-4.1, price: { input: 1000, output: 1000 } }] } }
clients:
  - { name: web, key: key-web }
  - { name: app, key: key-app }
usage:
  file: ${folder}/usage.jsonl
  http: { url: "${sink.url}/usage", token: sink-secret, interval: 100ms }
`)
})
after(async () => {
  await world?.close()
  await sink?.close()
  rmSync(folder, { recursive: true, force: true })
})

function ask(key: string): Promise<OpenAI.ChatCompletion> {
  const client = new OpenAI({ baseURL: `${world.relay.url}/v1`, apiKey: key, maxRetries: 0 })
  return client.chat.completions.create({ model: 'smart', messages: [{ role: 'user', content: 'hi' }], max_tokens: 20 })
}

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 20) {
    assert.ok(waited < 10_000, 'it did not happen within 10 s')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const linesOf = (name: string): readonly string[] => {
  try {
    return readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  } catch {
    return []
  }
}

test('each request is a record in the file, which may be moved away, and at the server, which may be down', async () => {
  await ask('key-web')
  await ask('key-app')
  await until(() => linesOf('usage.jsonl').length === 2)
  renameSync(join(folder, 'usage.jsonl'), join(folder, 'usage.jsonl.1'))
  await ask('key-web')
  await until(() => linesOf('usage.jsonl').length === 1)
  assert.equal(linesOf('usage.jsonl.1').length, 2)
  const record = asObject(JSON.parse(linesOf('usage.jsonl.1')[0] ?? ''))
  assert.deepEqual(
    [record['client'], record['route'], record['target'], record['outcome']],
    ['web', 'smart', 'openai/gpt-4.1', 'ok'],
  )
  assert.ok(Number(record['cost_usd']) > 0 && Number(record['output_tokens']) > 0)

  await until(() => sink.arrived().length >= 1)
  sinkStatus = 200
  const taken = (): readonly string[] => {
    const batches = new Map(sink.arrived().map(({ headers, text }) => [headers['x-outrigger-batch-id'], text]))
    return [...batches.values()]
      .join('')
      .split('\n')
      .filter((line) => line !== '')
  }
  await until(() => taken().length === 3)
  assert.equal(sink.arrived()[0]?.headers.authorization, 'Bearer sink-secret')
  assert.deepEqual(
    taken().map((line) => asObject(JSON.parse(line))['client']),
    ['web', 'app', 'web'],
  )
})

test('usage by client, route and target is on /status and in the metrics', async () => {
  const status = asObject(await (await fetch(`${world.relay.adminUrl}/status`)).json())
  const today = asObject(asArray(status['usage'])[0])
  assert.equal(today['requests'], 3)
  const groups = asArray(today['by']).map(asObject)
  assert.deepEqual(
    groups.map(({ client, route, target, requests }) => [client, route, target, requests]),
    [
      ['web', 'smart', 'openai/gpt-4.1', 2],
      ['app', 'smart', 'openai/gpt-4.1', 1],
    ],
  )
  const metrics = await (await fetch(`${world.relay.adminUrl}/metrics`)).text()
  assert.match(metrics, /outrigger_client_requests_total\{client="web",route="smart",outcome="ok"\} 2/)
  assert.match(metrics, /outrigger_client_cost_usd_total\{client="app",route="smart"\} 0\.\d+/)
  assert.match(metrics, /outrigger_usage_records_total\{sink="file",result="written"\} 3/)
})

test('`outrigger usage` adds up the records, too', () => {
  const main = join(import.meta.dirname, '../../cmd/outrigger/main.ts')
  const files = ['usage.jsonl.1', 'usage.jsonl'].map((name) => join(folder, name))
  const sums = files.map((file) =>
    asObject(
      JSON.parse(
        execFileSync(process.execPath, [main, 'usage', file, '--by', 'client', '--json'], { encoding: 'utf8' })
          .trim()
          .split('\n')
          .at(-1) ?? '',
      ),
    ),
  )
  assert.deepEqual(
    sums.map(({ client, requests }) => [client, requests]),
    [
      ['web', 1],
      ['web', 1],
    ],
  )
})

test('what waits when the relay stops is written', async () => {
  await ask('key-app')
  await world.relay.stop()
  assert.equal(linesOf('usage.jsonl').length, 2)
  assert.ok(sink.arrived().at(-1)?.text.includes('"client":"app"'))
})
