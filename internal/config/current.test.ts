import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Result } from '#lib/result.ts'
import { createCurrent, fileIdOf } from './current.ts'
import { type Loaded, loadText } from './load.ts'
import type { Problem } from './problem.ts'

const env: Record<string, string> = { BASE: 'http://127.0.0.1:1' }

function load(text: string): Result<Loaded, readonly Problem[]> {
  return loadText(text, { path: 'f', sources: { env, readFile: () => '' } })
}

function fileOf(model: string): string {
  return `version: 1\nproviders: { ollama: { base_url: "\${BASE}" } }\nmodels: { ${model}: { targets: [ollama/x] } }\n`
}

/** A live configuration on a file that the test writes. */
function start() {
  const world = { text: fileOf('a') }
  const first = load(world.text)
  assert.ok(first.ok)
  const current = createCurrent(
    first.value.config,
    () => load(world.text),
    () => 7,
  )
  return { world, current, model: () => current.get().models[0]?.name }
}

test('current: a good file is taken, the same one is not taken twice', () => {
  const { world, current, model } = start()
  assert.equal(current.reload(), 'unchanged')
  world.text = fileOf('b')
  assert.equal(current.reload('signal'), 'taken')
  assert.equal(model(), 'b')
  assert.deepEqual(current.lastReload(), { atMs: 7, ok: true, reason: 'signal', problems: [] })
  assert.equal(current.reload(), 'unchanged')
  assert.deepEqual(current.counts(), { taken: 1, refused: 0 })
})

test('current: a bad file changes nothing, is told once, and its return to the good one is told', () => {
  const { world, current, model } = start()
  const held = current.get()
  world.text = fileOf('b').replace('ollama/x', 'olama/x')
  assert.equal(current.reload(), 'refused')
  assert.equal(current.reload(), 'unchanged')
  assert.equal(current.get(), held)
  assert.deepEqual(current.lastReload().problems, ['f:3:26: olama is no provider (did you mean ollama?)'])
  world.text = fileOf('a')
  assert.equal(current.reload(), 'taken')
  assert.equal(current.lastReload().ok, true)
  assert.equal(model(), 'a')
  assert.deepEqual(current.counts(), { taken: 1, refused: 1 })
})

test('current: the same text is taken again when what it names has changed', (t) => {
  const { current } = start()
  t.after(() => {
    env['BASE'] = 'http://127.0.0.1:1'
  })
  env['BASE'] = 'http://127.0.0.1:2'
  assert.equal(current.reload(), 'taken')
  assert.equal(current.get().providers.get('ollama')?.baseUrl, 'http://127.0.0.1:2')
})

test('current: a roll-back takes the file before, and lets the worse one be until it changes', () => {
  const { world, current, model } = start()
  assert.equal(current.rollBack(), false)
  world.text = fileOf('b')
  current.reload()
  assert.equal(current.rollBack(), true)
  assert.equal(model(), 'a')
  assert.equal(current.reload(), 'unchanged')
  assert.equal(model(), 'a')
  world.text = fileOf('c')
  assert.equal(current.reload(), 'taken')
  assert.equal(model(), 'c')
})

test('current: a file that another process took back is let be until it changes', () => {
  const { world, current, model } = start()
  world.text = fileOf('b')
  const worse = load(world.text)
  assert.ok(worse.ok)
  current.avoid(fileIdOf(worse.value.config))
  assert.equal(current.reload(), 'unchanged')
  assert.equal(model(), 'a')
  current.avoid(undefined)
  assert.equal(current.reload(), 'taken')
  assert.equal(model(), 'b')
})

test('current: listeners hear of what was taken and refused, until they leave', () => {
  const { world, current } = start()
  const heard: string[] = []
  const leave = current.subscribe((state, config) => heard.push(`${state.ok} ${config.models[0]?.name}`))
  world.text = fileOf('b')
  current.reload()
  world.text = 'version: 2'
  current.reload()
  leave()
  world.text = fileOf('c')
  current.reload()
  assert.deepEqual(heard, ['true b', 'false b'])
})
