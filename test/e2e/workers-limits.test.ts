import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { startRelay } from '../support/relay-process.ts'
import {
  answer,
  ask,
  rewrite,
  serverOf,
  skipWithoutProc as skip,
  startWorkers,
  times,
  until,
  workerIds,
  yamlFor,
} from '../support/worker-group.ts'

/** A provider that takes its time, and counts. */
async function slowProvider(): Promise<{ readonly url: string; readonly most: () => number }> {
  let running = 0
  let most = 0
  const url = await serverOf(
    createServer((_request, response) => {
      most = Math.max(most, ++running)
      setTimeout(() => {
        running--
        response.setHeader('content-type', 'application/json').end(answer)
      }, 600)
    }),
  )
  return { url, most: () => most }
}

test('workers: what the file allows is for all of them together', { skip }, async () => {
  const slow = await slowProvider()
  const relay = await startWorkers(yamlFor(slow.url, 'limits: { max_concurrent: 3, queue: 1 }\n'))
  const answered = async (): Promise<number> => {
    const statuses = await Promise.all(Array.from({ length: 12 }, () => ask(relay)))
    assert.deepEqual(
      statuses.filter((status) => status !== 200 && status !== 503),
      [],
    )
    const count = statuses.filter((status) => status === 200).length
    assert.ok(count <= 4, `${count} were answered`)
    return count
  }
  await until(async () => (await answered()) === 4, 'not as many are answered as places are', relay)
  const [first = 0] = workerIds(relay)
  process.kill(first, 'SIGKILL')
  await until(() => times(relay, '"listening"') === 3, 'no other worker takes its place', relay)
  // One that is busy with its start gets few connections.
  await until(async () => (await answered()) === 4, 'the new one has not the part of the old one', relay)
  assert.equal(slow.most(), 3)

  rewrite(relay, (text) => text.replace('max_concurrent: 3', 'max_concurrent: 1'))
  await until(() => times(relay, 'config refused') === 1, 'the file is not refused', relay)
  assert.equal(await answered(), 4)
})

test('workers: a file with fewer places than workers does not start', async () => {
  const yaml = yamlFor('http://127.0.0.1:9', 'limits: { max_concurrent: 2 }\n')
  await assert.rejects(
    startRelay(yaml, { args: ['--workers', '3'] }),
    /limits\.max_concurrent is 2, for 3 workers: each needs a place/,
  )
})
