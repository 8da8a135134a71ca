import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RelayProcess } from '../support/relay-process.ts'
import {
  askAll,
  keepAsking,
  provider,
  rewrite,
  skipWithoutProc as skip,
  startWorkers,
  times,
  until,
  withModel,
  workerIds,
  yamlFor,
} from '../support/worker-group.ts'

const withoutModel = (text: string): string => text.replace(' added: { targets: [p/b] },', '')
const haveModel = async (relay: RelayProcess): Promise<boolean> => (await askAll(relay, 'added')).join() === '200'
const lackModel = async (relay: RelayProcess): Promise<boolean> => (await askAll(relay, 'added')).join() === '404'

type Status = { readonly workers: number; readonly config: { readonly last_reload: { readonly ok: boolean } } }

async function statusOf({ adminUrl }: RelayProcess): Promise<Status> {
  return JSON.parse(await (await fetch(`${adminUrl}/status`)).text())
}

const lastReloadIsGood = async (relay: RelayProcess): Promise<boolean> => (await statusOf(relay)).config.last_reload.ok

let relay: RelayProcess
before(async () => {
  relay = await startWorkers(yamlFor(await provider(200, 20)))
})

test('workers: a reload reaches all of them, by the file and by SIGHUP, and no request is lost', async () => {
  const end = keepAsking(relay)
  rewrite(relay, withModel)
  await until(() => haveModel(relay), 'a worker has not the new file', relay)
  await until(() => times(relay, 'all workers have the new file') === 1, 'the end is not told', relay)
  assert.equal(times(relay, 'config reloaded'), 2)
  rewrite(relay, withoutModel)
  relay.process.kill('SIGHUP')
  await until(() => lackModel(relay), 'a worker has not the file of before', relay)
  const statuses = await end()
  assert.ok(statuses.length > 20)
  assert.deepEqual(new Set(statuses), new Set([200]))
})

test('workers: SIGUSR2 replaces them one after the other, and no request is lost', { skip }, async () => {
  const old = workerIds(relay)
  const end = keepAsking(relay)
  relay.process.kill('SIGUSR2')
  await until(() => times(relay, 'workers replaced') > 0, 'they are not replaced', relay)
  const statuses = await end()
  assert.ok(statuses.length > 20)
  assert.deepEqual(new Set(statuses), new Set([200]))
  assert.equal(workerIds(relay).length, 2)
  assert.deepEqual(
    workerIds(relay).filter((id) => old.includes(id)),
    [],
  )
  assert.equal(times(relay, 'worker ended'), 0)
})

test('workers: a file that the first refuses is refused by all and told once', { skip }, async () => {
  rewrite(relay, (text) => text.replace('p/a', 'nobody/a'))
  await until(() => times(relay, 'config refused') > 0, 'the file is not refused', relay)
  relay.process.kill('SIGHUP')
  // Each looks at the file every two seconds in any case.
  await sleep(2500)
  assert.equal(times(relay, 'config refused'), 1)
  assert.deepEqual(await askAll(relay), [200])
  assert.equal(await lastReloadIsGood(relay), false)

  const [started, [first = 0]] = [times(relay, '"listening"'), workerIds(relay)]
  process.kill(first, 'SIGKILL')
  await until(() => times(relay, '"listening"') > started, 'no other worker takes its place', relay)
  assert.deepEqual(await askAll(relay), [200], 'the new one has the good file too')
  await until(() => times(relay, 'config refused') === 2, 'who asks for the state does not hear of the bad file any more', relay)

  rewrite(relay, (text) => withModel(text.replace('nobody/a', 'p/a')))
  await until(() => haveModel(relay), 'a worker has not the file that was put right', relay)
  await until(() => lastReloadIsGood(relay), 'the bad file is told of still', relay)
})

test('workers: what the guard of the first takes back no other takes', { skip }, async () => {
  const [good, bad] = [await provider(200), await provider(500)]
  const guarded = await startWorkers(yamlFor(good, 'reload: { guard: 60s }\n'))
  for (let count = 0; count < 6; count++) assert.deepEqual(await askAll(guarded), [200])
  rewrite(guarded, (text) => text.replace(good, bad))
  await until(() => times(guarded, 'config reloaded') > 0, 'nobody has the new file', guarded)
  const isTakenBack = async (): Promise<boolean> => (await askAll(guarded)).length > 0 && times(guarded, 'reload taken back') > 0
  await until(isTakenBack, 'the reload is not taken back', guarded)
  assert.deepEqual(await askAll(guarded), [200])
  // To the new file and back.
  assert.equal(times(guarded, 'config reloaded'), 2)
  guarded.process.kill('SIGHUP')

  const [first = 0] = workerIds(guarded)
  process.kill(first, 'SIGKILL')
  await until(() => times(guarded, '"listening"') > 2, 'no other worker takes its place', guarded)
  // It asks for a look at the files a second after its start.
  await sleep(1500)
  assert.deepEqual(await askAll(guarded), [200])
  assert.equal(times(guarded, 'config reloaded'), 2)
  assert.equal(times(guarded, 'reload taken back'), 1)
})

test('workers: one that starts later logs from the level on that PUT /loglevel set, until the file changes', {
  skip,
}, async () => {
  const group = await startWorkers(yamlFor(await provider(200)))
  const isWhole = async (): Promise<boolean> => (await statusOf(group)).workers === 2
  const setLevel = (body: string): Promise<Response> => fetch(`${group.adminUrl}/loglevel`, { method: 'PUT', body })
  const linesOfAsking = async (): Promise<number> => {
    const told = times(group, '"request finished"')
    await askAll(group)
    await sleep(300)
    return times(group, '"request finished"') - told
  }
  assert.equal((await setLevel('warn')).status, 200)
  const [first = 0] = workerIds(group)
  process.kill(first, 'SIGKILL')
  await until(() => times(group, 'another one takes its place') === 1, 'the death is not told', group)
  await until(isWhole, 'no other worker takes its place', group)
  assert.equal(times(group, '"listening"'), 2, 'the new one says at its start what warn leaves out')
  assert.equal(await linesOfAsking(), 0)
  rewrite(group, withModel)
  await until(() => haveModel(group), 'a worker has not the new file', group)
  assert.ok((await linesOfAsking()) >= 16)
  assert.equal(times(group, 'all workers have the new file'), 1, 'the process that starts them has the level, too')
})
