import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Failure } from '#canonical/failure.ts'
import { type Arrivals, openArrivals, tellAtTurnEnd } from './arrivals.ts'

const broken: Failure = { kind: 'network', phase: 'body', message: 'connection reset' }

type World = { readonly arrivals: Arrivals; readonly told: string[] }

function openWorld(onData: (told: string[], arrivals: Arrivals) => void = () => {}): World {
  const told: string[] = []
  const arrivals: Arrivals = openArrivals(
    {
      onHead: (status, headers) => told.push(`head ${status} ${headers['x-names']}`),
      onData(bytes) {
        told.push(Buffer.from(bytes).toString())
        onData(told, arrivals)
      },
      onEnd: () => told.push('end'),
      onFailure: ({ message }) => told.push(message),
    },
    () => told.push('broken off'),
  )
  return { arrivals, told }
}

function arrive({ arrivals }: World, ...texts: readonly string[]): void {
  arrivals.chunks.push(...texts.map((text) => Buffer.from(text)))
  tellAtTurnEnd(arrivals)
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('what arrives in one turn is told at its end, in order', async () => {
  const world = openWorld()
  world.arrivals.head = { status: 200, headers: { 'x-names': 'a, b' } }
  arrive(world, 'one', 'two')
  world.arrivals.ending = {}
  assert.deepEqual(world.told, [])
  await turn()
  assert.deepEqual(world.told, ['head 200 a, b', 'one', 'two', 'end'])
  arrive(world, 'late')
  await turn()
  assert.equal(world.told.length, 4)
})

test('who pauses hears nothing more until he resumes', async () => {
  const world = openWorld((told, arrivals) => {
    arrivals.paused = told.length === 1
  })
  arrive(world, 'one', 'two')
  world.arrivals.ending = {}
  await turn()
  assert.deepEqual(world.told, ['one'])
  world.arrivals.paused = false
  tellAtTurnEnd(world.arrivals)
  await turn()
  assert.deepEqual(world.told, ['one', 'two', 'end'])
})

test('a failure is told also to who has paused, behind all that came before it', async () => {
  const world = openWorld((_told, arrivals) => {
    arrivals.paused = true
  })
  arrive(world, 'one', 'two')
  await turn()
  assert.deepEqual(world.told, ['one'])
  world.arrivals.ending = { failure: broken }
  tellAtTurnEnd(world.arrivals)
  await turn()
  assert.deepEqual(world.told, ['one', 'two', 'connection reset'])
})

test('who has cancelled hears nothing more, though it has arrived', async () => {
  const world = openWorld((_told, arrivals) => {
    arrivals.over = true
  })
  arrive(world, 'one', 'two')
  world.arrivals.ending = { failure: broken }
  await turn()
  assert.deepEqual(world.told, ['one'])
})

test('a handler that throws has its call broken off, and hears of it', async () => {
  const world = openWorld(() => {
    throw new Error('a mistake')
  })
  arrive(world, 'one', 'two')
  await turn()
  assert.deepEqual(world.told, ['one', 'broken off', 'a mistake'])
})
