import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'

const servers: Server[] = []
const relays: RelayProcess[] = []
after(async () => {
  await Promise.all(relays.map((relay) => relay.stop()))
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

async function relayOn(yaml: string): Promise<RelayProcess> {
  const relay = await startRelay(yaml)
  relays.push(relay)
  return relay
}

async function until(condition: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await condition()) return
    await sleep(50)
  }
  assert.fail(what)
}

const answer = JSON.stringify({
  id: 'a',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
})

test('each provider is probed in its own way; a status page gets no key', async () => {
  const seen: { readonly url: string; readonly authorization: string | undefined }[] = []
  const url = await serve((request, response) => {
    seen.push({ url: `${request.method} ${request.url}`, authorization: request.headers.authorization })
    const page = JSON.stringify({ status: { indicator: 'critical', description: 'All is down' } })
    response.setHeader('content-type', 'application/json').end(request.url === '/status.json' ? page : answer)
  })
  const relay = await relayOn(`version: 1
providers:
  paged: { type: openai-compatible, base_url: "${url}/paged", api_key: k, health: { probe: status_page, status_url: "${url}/status.json", interval: 200ms } }
  asked: { type: openai-compatible, base_url: "${url}/asked", api_key: k, health: { probe: completion, interval: 200ms } }
  listed: { type: openai-compatible, base_url: "${url}/listed", api_key: k, health: { interval: 200ms } }
  silent: { type: openai-compatible, base_url: "${url}/silent", api_key: k, health: { probe: off } }
models: { m: { targets: [paged/a, asked/a, listed/a, silent/a] } }
log: { level: error }
`)
  const saw = (wanted: string): boolean => seen.some((one) => one.url === wanted)
  await until(
    () => saw('GET /status.json') && saw('POST /asked/chat/completions') && saw('GET /listed/models'),
    JSON.stringify(seen),
  )
  assert.equal(seen.find((one) => one.url === 'GET /status.json')?.authorization, undefined)
  assert.equal(
    seen.some((one) => one.url.includes('/silent') || one.url.includes('/paged')),
    false,
  )
  const metrics = async (): Promise<string> => await (await fetch(`${relay.adminUrl}/metrics`)).text()
  await until(
    async () => (await metrics()).includes('outrigger_probe_success{provider="paged"} 0'),
    'the page’s trouble is not told',
  )
  assert.match(await metrics(), /outrigger_probe_success\{provider="asked"\} 1/)
})

test('limits of an account: what is over them goes to the next target before the provider refuses it', async () => {
  const url = await serve((_request, response) => response.setHeader('content-type', 'application/json').end(answer))
  const relay = await relayOn(`version: 1
providers:
  small: { type: openai-compatible, base_url: "${url}/small", api_key: k, limits: { rpm: 3 } }
  large: { type: openai-compatible, base_url: "${url}/large", api_key: k }
models: { m: { targets: [small/a, large/a] } }
log: { level: error }
`)
  const targets: (string | null)[] = []
  for (let count = 0; count < 6; count++) targets.push((await ask(relay)).headers.get('x-outrigger-target'))
  assert.deepEqual(targets, ['small/a', 'small/a', 'small/a', 'large/a', 'large/a', 'large/a'])
})

function ask(relay: RelayProcess): Promise<Response> {
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] })
  return fetch(`${relay.url}/v1/chat/completions`, { method: 'POST', body })
}

test('a reload that makes requests fail is taken back by itself', async () => {
  const good = await serve((_request, response) => response.setHeader('content-type', 'application/json').end(answer))
  const bad = await serve((_request, response) => response.writeHead(500).end())
  const yaml = (url: string): string => `version: 1
providers: { p: { type: openai-compatible, base_url: "${url}", api_key: k, health: { probe: off } } }
models: { m: { targets: [p/a] } }
retry: { attempts: 1 }
breaker: { consecutive_errors: 1000, min_requests: 1000 }
reload: { guard: 60s }
log: { level: error }
`
  const relay = await relayOn(yaml(good))
  for (let count = 0; count < 30; count++) assert.equal((await ask(relay)).status, 200)
  const text = readFileSync(relay.configPath, 'utf8')
  writeFileSync(relay.configPath, text.replace(good, bad))
  await until(async () => (await ask(relay)).status !== 200, 'the new file is not taken')
  for (let count = 0; count < 30; count++) await ask(relay)
  await until(async () => (await ask(relay)).status === 200, 'the reload is not taken back')
  assert.match(await (await fetch(`${relay.adminUrl}/status`)).text(), /taken back|"reason": ?"guard"/)
})
