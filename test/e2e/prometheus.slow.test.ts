import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { asArray, asObject, asString } from '#lib/json.ts'
import { startMockRelay } from '../support/mock-relay.ts'
import { freePorts } from '../support/relay-process.ts'

const skip = spawnSync('prometheus', ['--version']).status === 0 ? false : 'no Prometheus is installed'

test('prometheus: scrapes a running relay as OpenMetrics and finds its counters', { skip, timeout: 60_000 }, async (t) => {
  const world = await startMockRelay('models:\n  smart: { targets: [openai/gpt-4.1] }\n')
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-prometheus-'))
  const [port] = await freePorts(1)
  const target = new URL(world.relay.adminUrl).host
  const config = join(folder, 'prometheus.yml')
  writeFileSync(
    config,
    `global: { scrape_interval: 1s }\nscrape_configs: [{ job_name: relay, static_configs: [{ targets: ["${target}"] }] }]\n`,
  )
  const listen = `127.0.0.1:${port}`
  const flags = [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${listen}`]
  const prometheus = spawn('prometheus', flags, { stdio: 'ignore' })
  t.after(async () => {
    prometheus.kill('SIGTERM')
    await once(prometheus, 'exit')
    rmSync(folder, { recursive: true, force: true })
    await world.close()
  })

  await world.openai.chat.completions.create({ model: 'smart', messages: [{ role: 'user', content: 'Hello' }] })
  let found: unknown
  for (let waited = 0; waited < 30_000 && found === undefined; waited += 250) {
    await new Promise((resolve) => setTimeout(resolve, 250))
    found = await value(listen, 'sum(outrigger_requests_total{route="smart",outcome="ok"})').catch(() => undefined)
  }
  const targets = await ask(listen, '/api/v1/targets')
  const [scraped] = asArray(asObject(targets['data'])['activeTargets']).map(asObject)
  assert.equal(scraped?.['lastError'], '')
  assert.equal(found, '1')
  assert.equal(await value(listen, 'up'), '1')
  assert.ok(await value(listen, 'histogram_quantile(0.9, sum by (le) (outrigger_overhead_seconds_bucket))'))
  assert.ok(await value(listen, 'nodejs_eventloop_delay_seconds{quantile="0.99"}'))
})

async function ask(listen: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  return asObject(await (await fetch(`http://${listen}${path}`)).json())
}

/** The value of the first series that a query gives. */
async function value(listen: string, query: string): Promise<string | undefined> {
  const answer = await ask(listen, `/api/v1/query?query=${encodeURIComponent(query)}`)
  const [series] = asArray(asObject(answer['data'])['result']).map(asObject)
  return asString(asArray(series?.['value'])[1])
}
