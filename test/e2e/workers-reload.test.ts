import assert from 'node:assert/strict'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { Agent, createServer, request, type Server } from 'node:http'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'

const servers: Server[] = []
const relays: RelayProcess[] = []
after(async () => {
  await Promise.all(relays.map((relay) => relay.stop()))
  for (const server of servers) server.closeAllConnections()
  for (const server of servers) server.close()
})

/** A provider that answers with this status, some milliseconds later. */
async function provider(status: number, delayMs = 0): Promise<string> {
  const message = { role: 'assistant', content: 'hi' }
  const answer = JSON.stringify({ id: 'a', model: 'm', choices: [{ index: 0, message, finish_reason: 'stop' }] })
  const server = createServer((_request, response) => {
    setTimeout(() => response.writeHead(status, { 'content-type': 'application/json' }).end(answer), delayMs)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

const yaml = (url: string, more = ''): string => `version: 1
providers: { p: { type: openai-compatible, base_url: "${url}", api_key: k, health: { probe: off } } }
models: { m: { targets: [p/a] } }
retry: { attempts: 1 }
breaker: { consecutive_errors: 1000, min_requests: 1000 }
${more}`

async function twoWorkers(text: string): Promise<RelayProcess> {
  const relay = await startRelay(text, { args: ['--workers', '2'] })
  relays.push(relay)
  // Ready is who has one worker; the other one comes soon after.
  for (let tries = 0; tries < 200 && relay.log().split('"listening"').length < 3; tries++) await sleep(50)
  return relay
}

/** Asks over this agent: one connection stays with one worker. */
function ask({ url }: RelayProcess, agent: Agent | false, model = 'm'): Promise<number> {
  return new Promise((resolve, reject) => {
    request(`${url}/v1/chat/completions`, { method: 'POST', agent }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
      .on('error', reject)
      .end(JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }))
  })
}

const both = (relay: RelayProcess, model = 'm'): Promise<readonly number[]> =>
  Promise.all(Array.from({ length: 16 }, () => ask(relay, false, model)))

async function until(condition: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await condition()) return
    await sleep(50)
  }
  assert.fail(what)
}

test('workers: a reload reaches all of them, by the file and by SIGHUP, and no request is lost', async () => {
  const relay = await twoWorkers(yaml(await provider(200, 20)))
  const statuses: number[] = []
  let over = false
  const calling = Array.from({ length: 6 }, async () => {
    while (!over) statuses.push(await ask(relay, false))
  })
  const text = readFileSync(relay.configPath, 'utf8')
  writeFileSync(`${relay.configPath}.new`, text.replace('models: {', 'models: { added: { targets: [p/b] },'))
  renameSync(`${relay.configPath}.new`, relay.configPath)
  await until(async () => (await both(relay, 'added')).every((status) => status === 200), 'a worker has not the new file')
  const reloads = (): number => relay.log().split('config reloaded').length - 1
  assert.equal(reloads(), 2)
  writeFileSync(relay.configPath, text)
  relay.process.kill('SIGHUP')
  await until(async () => (await both(relay, 'added')).every((status) => status === 404), 'a worker has not the file of before')
  over = true
  await Promise.all(calling)
  assert.ok(statuses.length > 20)
  assert.deepEqual(new Set(statuses), new Set([200]))
})

test('workers: what the guard of one takes back, all take back', async () => {
  const [good, bad] = [await provider(200), await provider(500)]
  const relay = await twoWorkers(yaml(good, 'reload: { guard: 60s }\n'))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (let count = 0; count < 30; count++) assert.equal(await ask(relay, agent), 200)
  writeFileSync(relay.configPath, readFileSync(relay.configPath, 'utf8').replace(good, bad))
  await until(() => relay.log().split('config reloaded').length > 2, 'both have the new file')
  for (let count = 0; count < 30; count++) await ask(relay, agent)
  await until(async () => (await ask(relay, agent)) === 200, 'the reload is not taken back')
  // The other worker saw none of these failures.
  await until(() => relay.log().split('reload taken back').length > 2, 'only one worker took it back')
  assert.deepEqual(new Set(await both(relay)), new Set([200]))
  agent.destroy()
})
