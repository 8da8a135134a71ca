import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RequestOutcome } from '#canonical/observe.ts'
import { createCurrent, fileIdOf } from '#config/current.ts'
import { loadText } from '#config/load.ts'
import { createFakeClock } from '#lib/fake-clock.ts'
import { createLog } from '#telemetry/log.ts'
import { guardReloads } from './guard-reloads.ts'

const fileOf = (model: string): string =>
  `version: 1\nproviders: { ollama: {} }\nmodels: { ${model}: { targets: [ollama/x] } }\nreload: { guard: 60s }\n`

/** A guard over a live configuration, on a file that the test writes. */
function labOf() {
  const world = { text: fileOf('a') }
  const load = () => loadText(world.text, { path: 'f', sources: { env: {}, readFile: () => '' } })
  const first = load()
  assert.ok(first.ok)
  const current = createCurrent(first.value.config, load, () => 0)
  const clock = createFakeClock()
  const told: string[] = []
  const guard = guardReloads({
    current,
    clock,
    log: createLog({ level: 'fatal', format: 'json', write: () => {} }),
    alerts: { raise: (alert) => told.push(alert), clear: () => {} },
    onTakenBack: (id) => told.push(`taken back ${id === fileIdOf(current.get())}`),
    onKept: (id) => told.push(`kept ${id === fileIdOf(current.get())}`),
  })
  const requests = (count: number, outcome: RequestOutcome): void => {
    for (let request = 0; request < count; request++)
      guard.observe({
        kind: 'request_ended',
        requestId: 'r',
        dialect: 'openai-chat',
        route: 'a',
        outcome,
        status: outcome === 'ok' ? 200 : 502,
        stream: false,
        attempts: [],
        durationMs: 1,
        overheadMs: 0,
        dropped: [],
        atMs: clock.now() + 1,
      })
  }
  const write = (text: string) => {
    world.text = text
    return current.reload()
  }
  return { current, clock, guard, told, requests, write, model: () => current.get().models[0]?.name }
}

test('guard: a reload that is no worse is watched to the end and kept', () => {
  const { clock, guard, told, requests, write } = labOf()
  requests(30, 'ok')
  write(fileOf('b'))
  assert.equal(guard.watches(), true)
  clock.advance(1)
  requests(30, 'ok')
  clock.advance(59_000)
  assert.deepEqual([guard.watches(), told], [true, []])
  clock.advance(2000)
  assert.deepEqual([guard.watches(), told], [false, ['kept true']])
})

test('guard: a file that is refused meanwhile does not end the watch', () => {
  const { clock, guard, told, requests, write, model } = labOf()
  requests(30, 'ok')
  write(fileOf('b'))
  assert.equal(write('version: 2'), 'refused')
  assert.equal(guard.watches(), true)
  clock.advance(1)
  requests(30, 'failed')
  clock.advance(1000)
  assert.equal(model(), 'a')
  assert.deepEqual(told, ['config_refused', 'taken back false'])
  assert.equal(guard.watches(), false)
})

test('guard: what another one took back is taken back here without telling again, or not taken', () => {
  const { current, guard, told, write, model } = labOf()
  write(fileOf('b'))
  const worse = fileIdOf(current.get())
  guard.takeBack(worse, 'worse elsewhere')
  assert.equal(model(), 'a')
  assert.deepEqual(told, ['config_refused'])
  write(fileOf('c'))
  guard.takeBack(worse, 'worse elsewhere')
  assert.equal(model(), 'c', 'it is not what is in use')
  assert.equal(write(fileOf('b')), 'unchanged')
  guard.stop()
})
