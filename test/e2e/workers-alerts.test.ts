import assert from 'node:assert/strict'
import { Agent, createServer } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RelayProcess } from '../support/relay-process.ts'
import {
  ask,
  provider,
  serverOf,
  skipWithoutProc as skip,
  startWorkers,
  times,
  until,
  workerIds,
  yamlFor,
} from '../support/worker-group.ts'

/** Where alerts are told: the texts of what was told so far. */
async function hook(): Promise<{ readonly url: string; readonly told: readonly string[] }> {
  const told: string[] = []
  const server = createServer((request, response) => {
    request.setEncoding('utf8')
    let body = ''
    request.on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      told.push(body)
      response.end()
    })
  })
  return { url: await serverOf(server), told }
}

type Status = { readonly workers: number; readonly alerts: readonly { readonly alert: string; readonly target: string }[] }

async function alertsOf({ adminUrl }: RelayProcess): Promise<readonly string[]> {
  const { alerts }: Status = JSON.parse(await (await fetch(`${adminUrl}/status`)).text())
  return alerts.map(({ alert, target }) => `${alert} ${target}`).toSorted()
}

test('workers: an error rate is that of all of them, and told once', async () => {
  const { url, told } = await hook()
  const rule = `alerts: [{ error_rate: 50%, over: 5m, min_requests: 30, webhook: "${url}" }]`
  const relay = await startWorkers(yamlFor(await provider(500), rule))
  // Each goes to the next worker: neither sees thirty.
  for (let count = 0; count < 36; count++) assert.equal(await ask(relay), 502)
  await until(() => told.length >= 2, 'the alert is not told', relay)
  await sleep(700)
  assert.deepEqual(await alertsOf(relay), ['error_rate all', 'error_rate p/a'])
  assert.equal(told.length, 2, told.join('\n'))
  assert.equal(times(relay, '"alert firing"'), 2)
})

test('workers: an alert that only one of them saw goes on when that one dies', { skip }, async () => {
  const { url, told } = await hook()
  const relay = await startWorkers(yamlFor(await provider(401), `alerts: [{ error_rate: 90%, webhook: "${url}" }]`))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  await ask(relay, agent)
  agent.destroy()
  await until(() => told.length > 0, 'the alert is not told', relay)
  // One after the other, so that the one that saw it is among them.
  for (const id of workerIds(relay)) {
    const started = times(relay, '"listening"')
    process.kill(id, 'SIGKILL')
    await until(() => times(relay, '"listening"') > started, 'no other worker takes its place', relay)
    await until(async () => (await alertsOf(relay)).join() === 'key_refused p#1', 'the alert is lost', relay)
  }
  assert.equal(told.length, 1, told.join('\n'))
})
