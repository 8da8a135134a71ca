import assert from 'node:assert/strict'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { type Agent, createServer, request, type Server } from 'node:http'
import { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RelayProcess, startRelay } from './relay-process.ts'

const servers: Server[] = []
const relays: RelayProcess[] = []
after(async () => {
  await Promise.all(relays.map((relay) => relay.stop()))
  for (const server of servers) server.closeAllConnections()
  for (const server of servers) server.close()
})

/** Worker processes are looked up in /proc. */
export const skipWithoutProc = process.platform === 'linux' ? false : 'the processes are looked up in /proc'

/** A server for a test's file; gives its URL. It ends with the tests. */
export async function serverOf(server: Server): Promise<string> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

const message = { role: 'assistant', content: 'hi' }
/** A provider's whole answer. */
export const answer = JSON.stringify({ id: 'a', model: 'm', choices: [{ index: 0, message, finish_reason: 'stop' }] })

/** A provider that answers with this status, some milliseconds later. */
export function provider(status: number, delayMs = 0): Promise<string> {
  return serverOf(
    createServer((_request, response) => {
      setTimeout(() => response.writeHead(status, { 'content-type': 'application/json' }).end(answer), delayMs)
    }),
  )
}

/** A routing file with the model `m` at this provider, whose breaker stays closed. */
export const yamlFor = (url: string, more = ''): string => `version: 1
providers: { p: { type: openai-compatible, base_url: "${url}", api_key: k, health: { probe: off } } }
models: { m: { targets: [p/a] } }
retry: { attempts: 1 }
breaker: { consecutive_errors: 1000, min_requests: 1000 }
${more}`

/** A relay of so many workers, all of which listen. */
export async function startWorkers(yaml: string, count = 2): Promise<RelayProcess> {
  const relay = await startRelay(yaml, { args: ['--workers', String(count)] })
  relays.push(relay)
  // Ready is who has one worker; the others come soon after.
  await until(() => times(relay, '"listening"') >= count, 'not all workers listen', relay)
  return relay
}

/** Asks over this agent: one connection stays with one worker. Without an agent each goes to the next one. */
export function ask({ url }: RelayProcess, agent: Agent | false = false, model = 'm'): Promise<number> {
  return new Promise((resolve, reject) => {
    request(`${url}/v1/chat/completions`, { method: 'POST', agent }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
      .on('error', reject)
      .end(JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }))
  })
}

/** The statuses of requests to all workers. */
export async function askAll(relay: RelayProcess, model = 'm'): Promise<readonly number[]> {
  return [...new Set(await Promise.all(Array.from({ length: 16 }, () => ask(relay, false, model))))].toSorted()
}

/** Asks without a pause until it is told to end; gives the statuses. */
export function keepAsking(relay: RelayProcess, callers = 6): () => Promise<readonly number[]> {
  const statuses: number[] = []
  let over = false
  const calling = Array.from({ length: callers }, async () => {
    while (!over) statuses.push(await ask(relay))
  })
  return async () => {
    over = true
    await Promise.all(calling)
    return statuses
  }
}

/** How often the log says it. */
export function times(relay: RelayProcess, words: string): number {
  return relay.log().split(words).length - 1
}

/** Writes the routing file anew, renamed over the old one. */
export function rewrite({ configPath }: RelayProcess, change: (text: string) => string): void {
  writeFileSync(`${configPath}.new`, change(readFileSync(configPath, 'utf8')))
  renameSync(`${configPath}.new`, configPath)
}

/** The routing file of `yamlFor` with a model `added` besides. */
export const withModel = (text: string): string => text.replace('models: {', 'models: { added: { targets: [p/b] },')

/** The worker that was started first comes first. */
export function workerIds({ process: { pid } }: RelayProcess): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return children === '' ? [] : children.split(' ').map(Number)
}

export async function until(condition: () => Promise<boolean> | boolean, otherwise: string, relay?: RelayProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await condition()) return
    await sleep(50)
  }
  assert.fail(`${otherwise}; the log ends with:\n${relay?.log().slice(-3000) ?? ''}`)
}
