import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RequestEnded } from '#canonical/observe.ts'
import type { MirrorRoute } from '#config/config.ts'
import { ask, call, finish, type PlayedRelay, playRelay, stream, turn, whole } from '../../test/support/played-relay.ts'
import { createMirror } from './mirror.ts'

type World = PlayedRelay & { readonly mirrored: RequestEnded[]; readonly skipped: string[]; readonly bugs: unknown[] }

/** Route `m` is answered by `a`; `b` gets the copies. */
function openWorld(options: Partial<Omit<MirrorRoute, 'target'>> = {}): World {
  const world = playRelay('')
  const config = world.deps.config()
  const [model] = config.models
  const target = model?.targets[1]
  assert.ok(model !== undefined && target !== undefined)
  const mirror = { target, share: 1, max_concurrent: 10, ...options }
  const withMirror = { ...config, models: [{ ...model, mirror }] }
  const told: Pick<World, 'mirrored' | 'skipped' | 'bugs'> = { mirrored: [], skipped: [], bugs: [] }
  const deps = { ...world.deps, config: () => withMirror }
  const copies = createMirror(deps, {
    ended: (event) => void told.mirrored.push(event),
    skipped: (route) => void told.skipped.push(route),
    bug: (error) => void told.bugs.push(error),
  })
  return { ...world, ...told, deps: { ...deps, mirror: copies } }
}

async function settle(): Promise<void> {
  for (let count = 0; count < 5; count++) await turn()
}

test('mirror: the other target gets the same request; its answer goes nowhere and is told', async () => {
  const world = openWorld()
  const { sent, done } = ask(world, false)
  await settle()
  assert.deepEqual(
    world.calls.map(({ host }) => host),
    ['a', 'b'],
  )
  assert.equal(call(world, 1).body, call(world, 0).body)
  world.clock.advance(50)
  call(world, 0).answer(200, 'application/json', whole('from a'))
  call(world, 0).end()
  await done
  assert.match(sent.body, /from a/)
  const before = sent.body
  world.clock.advance(150)
  call(world, 1).answer(200, 'application/json', whole('from b'))
  call(world, 1).end()
  await settle()
  assert.equal(sent.body, before)
  const [end] = world.mirrored
  assert.deepEqual([end?.outcome, end?.target?.id, end?.durationMs, end?.costUsd], ['ok', 'b/gpt-4.1', 200, 0.007])
})

test('mirror: a copy is no part of the request: health, bills and the log hear of the caller alone', async () => {
  const world = openWorld()
  const { done } = ask(world, false)
  await settle()
  call(world, 1).answer(500, 'application/json', '{}')
  call(world, 1).end()
  await settle()
  call(world, 0).answer(200, 'application/json', whole('Hi'))
  call(world, 0).end()
  await done
  assert.equal(world.mirrored[0]?.outcome, 'failed')
  assert.equal(world.calls.length, 2, 'a copy is tried once')
  const targets = world.events.flatMap((event) => (event.kind === 'attempt_ended' ? [event.target.id] : []))
  assert.deepEqual(targets, ['a/gpt-4.1'])
  assert.equal(world.health.snapshot(0).of('b/gpt-4.1').samples, 0)
})

test('mirror: a stream is copied as a stream, and goes on when the caller leaves', async () => {
  const world = openWorld()
  const { sent, done } = ask(world, true)
  await settle()
  stream(call(world, 0), 'Hi')
  sent.leave()
  await done
  assert.equal(call(world, 1).cancelled, false)
  world.clock.advance(30)
  stream(call(world, 1), 'Hello')
  call(world, 1).write(finish)
  call(world, 1).end()
  await settle()
  assert.deepEqual([world.mirrored[0]?.streamOutcome, world.mirrored[0]?.firstTokenMs], ['complete', 30])
})

test('mirror: no more copies at the same time than allowed; then again', async () => {
  const world = openWorld({ max_concurrent: 1 })
  const asked = [ask(world, false), ask(world, false)]
  await settle()
  assert.deepEqual(
    world.calls.map(({ host }) => host),
    ['a', 'a', 'b'],
  )
  assert.deepEqual(world.skipped, ['m'])
  for (const upcall of [...world.calls]) {
    upcall.answer(200, 'application/json', whole('Hi'))
    upcall.end()
  }
  await Promise.all(asked.map(({ done }) => done))
  await settle()
  const third = ask(world, false)
  await settle()
  assert.equal(world.calls.length, 5)
  for (const upcall of world.calls.slice(3)) {
    upcall.answer(200, 'application/json', whole('Hi'))
    upcall.end()
  }
  await third.done
})

test('mirror: only the share that is wanted', async () => {
  const world = openWorld({ share: 0.5 })
  const { done } = ask(world, false)
  await settle()
  assert.equal(world.calls.length, 1, 'chance is 0.5 here, and a share of one half takes what is below')
  call(world, 0).answer(200, 'application/json', whole('Hi'))
  call(world, 0).end()
  await done
})

test('mirror: an error inside the relay does not reach the caller', async () => {
  const world = openWorld()
  const { deps } = world
  const broken = createMirror(
    { ...deps, pools: { ...deps.pools, to: () => assert.fail('a bug') } },
    { ended() {}, skipped() {}, bug: (error) => void world.bugs.push(error) },
  )
  const { sent, done } = ask({ ...world, deps: { ...deps, mirror: broken } }, false)
  await settle()
  call(world, 0).answer(200, 'application/json', whole('Hi'))
  call(world, 0).end()
  await done
  assert.equal(sent.status, 200)
  assert.equal(world.bugs.length, 1)
})
