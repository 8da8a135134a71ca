import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'

let good: Server
let bad: Server
let relay: RelayProcess
let delayMs = 5
let hook: Server
const told: string[] = []
// A request that nobody answers fails its test, and does not hold it.
const longestMs = 15_000

const answer = JSON.stringify({
  id: 'a',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
})

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

before(async () => {
  good = createServer(
    (_request, response) => void setTimeout(() => response.setHeader('content-type', 'application/json').end(answer), delayMs),
  )
  bad = createServer((_request, response) => response.writeHead(500).end())
  hook = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      told.push(body)
      response.end()
    })
  })
  const [goodUrl, badUrl, hookUrl] = await Promise.all([listening(good), listening(bad), listening(hook)])
  relay = await startRelay(
    `version: 1
providers:
  good: { type: openai-compatible, base_url: "${goodUrl}", api_key: k }
  bad: { type: openai-compatible, base_url: "${badUrl}", api_key: k, health: { probe: off } }
  narrow: { type: openai-compatible, base_url: "${goodUrl}", api_key: k, health: { probe: off }, limits: { rpm: 10 } }
models:
  narrow: { targets: [narrow/m, good/m] }
  m: { targets: [good/m] }
  failing: { targets: [bad/m, good/m] }
clients:
  - { name: free, key: key-free }
  - { name: limited, key: key-limited, rpm: 10 }
alerts:
  - { error_rate: 50%, over: 5m, min_requests: 100, webhook: "${hookUrl}" }
log: { level: info }
`,
    { args: ['--workers', '2'] },
  )
})
after(async () => {
  await relay?.stop()
  for (const server of [good, bad, hook]) {
    server.closeAllConnections()
    server.close()
  }
})

/** Each on a connection of its own, so that both workers get some. */
async function ask(model: string, key = 'key-free'): Promise<number> {
  const response = await fetch(`${relay.url}/v1/chat/completions`, {
    method: 'POST',
    signal: AbortSignal.timeout(longestMs),
    headers: { authorization: `Bearer ${key}`, connection: 'close' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }),
  })
  await response.arrayBuffer()
  return response.status
}

const whyNot = (error: unknown): string => (error instanceof Error && error.name === 'TimeoutError' ? 'nobody answers' : 'closed')

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${relay.adminUrl}/metrics`, { signal: AbortSignal.timeout(longestMs) })).text()
  return text
    .split('\n')
    .filter((line) => line.startsWith(name))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

function workerIds(): readonly number[] {
  const children = readFileSync(`/proc/${relay.process.pid}/task/${relay.process.pid}/children`, 'utf8')
  return children
    .trim()
    .split(' ')
    .filter((id) => id !== '')
    .map(Number)
}

/** How often a worker began to listen. */
const listens = (): number => relay.log().split('"listening"').length - 1

async function until(condition: () => boolean, otherwise: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (condition()) return
    await sleep(50)
  }
  assert.fail(`${otherwise}; its log:\n${relay.log().slice(-2000)}`)
}

const skip = process.platform === 'linux' ? false : 'the processes are looked up in /proc'

test('two workers: metrics are added up', async () => {
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 40 }, () => ask('m')))), new Set([200]))
  assert.equal(await metric('outrigger_requests_total'), 40)
})

type Status = {
  readonly workers: number
  readonly traffic: { readonly last_5m: { readonly attempts: number } }
  readonly targets: readonly {
    readonly target: string
    readonly state: string
    readonly last_5m: { readonly attempts: number }
  }[]
}

async function status(): Promise<Status> {
  return JSON.parse(await (await fetch(`${relay.adminUrl}/status`, { signal: AbortSignal.timeout(longestMs) })).text())
}

test('two workers: the status is of both', async () => {
  for (let tries = 0; tries < 100 && (await status()).workers < 2; tries++) await sleep(100)
  const { workers, traffic, targets } = await status()
  assert.equal(workers, 2)
  assert.equal(traffic.last_5m.attempts, 40)
  assert.equal(targets.find(({ target }) => target === 'good/m')?.last_5m.attempts, 40)
  const response = await fetch(`${relay.adminUrl}/events`, { signal: AbortSignal.timeout(longestMs) })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!/data: .*\n\n/.test(text)) text += (await reader?.read())?.value ?? assert.fail('the events ended')
  await reader?.cancel()
  assert.match(text, /event: status\ndata: \{.*"workers":2,/)
})

test('what one worker learns of a failing target the other knows', async () => {
  await Promise.all(Array.from({ length: 3 }, () => ask('failing')))
  await sleep(300)
  const before = await metric('outrigger_attempts_total{target="bad/m"')
  await Promise.all(Array.from({ length: 20 }, () => ask('failing')))
  assert.equal(await metric('outrigger_attempts_total{target="bad/m"'), before)
  assert.equal((await status()).targets[0]?.state, 'down')
})

test('an alert that both workers see is told once', async () => {
  await until(() => relay.log().split('"breaker open"').length > 2, 'both workers see that the target is out of the rotation')
  await until(() => told.length > 0, 'the webhook is told')
  await sleep(500)
  assert.equal(told.filter((body) => body.includes('breaker_open')).length, 1, told.join('\n'))
  assert.equal(relay.log().split('"alert":"breaker_open"').length - 1, 1)
})

test('limits of clients are counted together', async () => {
  const statuses = await Promise.all(Array.from({ length: 30 }, () => ask('m', 'key-limited')))
  assert.equal(statuses.filter((status) => status === 200).length, 10)
})

test('what the account of a provider allows is counted together', async () => {
  for (let count = 0; count < 24; count++) assert.equal(await ask('narrow'), 200)
  const attempts = await metric('outrigger_attempts_total{target="narrow/m"')
  // One may be under way before the other worker has heard of the last one.
  assert.ok(attempts >= 10 && attempts <= 13, String(attempts))
})

test('a worker that dies is replaced, and requests go on', { skip }, async () => {
  const [first, second] = workerIds()
  assert.ok(first !== undefined && second !== undefined)
  const started = listens()
  process.kill(first, 'SIGKILL')
  // Until the primary has noticed, it still hands connections to the one that is dead.
  await until(() => !workerIds().includes(first) && listens() > started, 'no other worker took the place of the one that died')
  assert.equal(workerIds().length, 2)
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 10 }, () => ask('m')))), new Set([200]))
})

test('a connection that was handed to a worker that dies is closed, so that its client can ask anew', { skip }, async () => {
  const [first = 0, second = 0] = workerIds()
  process.kill(first, 'SIGSTOP')
  // Some are handed to the one that is stopped; all of its own go on waiting.
  const asked = Array.from({ length: 4 }, () => ask('m').catch(whyNot))
  await sleep(500)
  const started = listens()
  process.kill(first, 'SIGKILL')
  const answers = await Promise.all(asked)
  assert.deepEqual(new Set(answers), new Set([200, 'closed']))
  await until(() => listens() > started, 'no other worker took the place of the one that died')
  assert.ok(workerIds().includes(second))
})

test('at the end all workers let their requests end', async () => {
  delayMs = 600
  const running = Promise.all(Array.from({ length: 10 }, () => ask('m')))
  await sleep(300)
  const code = relay.stop()
  await running.catch(() => assert.fail('a request was cut'))
  assert.equal(await code, 0)
})
