import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { createFakeClock } from '#lib/fake-clock.ts'
import { createGate, type Gate, ShutError } from './gate.ts'

type World = {
  readonly gate: Gate
  readonly told: string[]
  readonly counts: { probes: number; opened: number }
  alive: boolean
  readonly pass: (ms: number) => Promise<void>
}

function world(): World {
  const clock = createFakeClock()
  const told: string[] = []
  const counts = { probes: 0, opened: 0 }
  const made: World = {
    told,
    counts,
    alive: true,
    gate: createGate({
      timeoutMs: 20,
      async probe() {
        counts.probes++
        if (!made.alive) throw new Error('gone')
      },
      onOpen: () => counts.opened++,
      onState: (state) => told.push(state),
      clock,
      random: () => 0.5,
    }),
    async pass(ms) {
      clock.advance(ms)
      for (let turns = 0; turns < 5; turns++) await turn()
    },
  }
  return made
}

const fails = (): Promise<never> => Promise.reject(new Error('gone'))

test('after one failure nobody is made to wait any more, until two probes in a row were good', async () => {
  const it = world()
  it.alive = false
  await assert.rejects(it.gate.ask(fails), /gone/)
  await it.pass(0)
  assert.deepEqual(it.told, ['down'])
  let asked = 0
  const question = async (): Promise<number> => ++asked
  await assert.rejects(it.gate.ask(question), ShutError)
  assert.equal(asked, 0)
  it.alive = true
  await it.pass(500)
  assert.equal(it.gate.isOpen(), false)
  await it.pass(200)
  assert.deepEqual([it.gate.isOpen(), it.told, it.counts.opened], [true, ['down', 'up'], 1])
  assert.equal(await it.gate.ask(question), 1)
})

test('while it is gone, probes come further and further apart', async () => {
  const it = world()
  it.alive = false
  await assert.rejects(it.gate.ask(fails))
  await it.pass(0)
  for (let second = 0; second < 60; second++) await it.pass(1000)
  assert.ok(it.counts.probes > 20 && it.counts.probes < 40, String(it.counts.probes))
})

test('a failure that the probe does not confirm is told to nobody, and over soon', async () => {
  const it = world()
  await assert.rejects(it.gate.ask(fails))
  await it.pass(0)
  await it.pass(200)
  assert.deepEqual([it.gate.isOpen(), it.told, it.counts.opened], [true, [], 1])
})

test('a server that is good for probes alone is told of after a few times, and its recovery once it lasts', async () => {
  const it = world()
  for (let times = 0; times < 6; times++) {
    await assert.rejects(it.gate.ask(fails), /gone/)
    await it.pass(0)
    await it.pass(200)
    assert.equal(it.gate.isOpen(), true)
    await it.pass(1000)
  }
  assert.deepEqual(it.told, ['down'])
  await it.pass(5000)
  assert.deepEqual(it.told, ['down', 'up'])
})

test('an answer that comes too late is told to who wants to know', async () => {
  const it = world()
  const late: unknown[] = []
  const slow = (): Promise<string> => sleep(80, 'after all')
  await assert.rejects(
    it.gate.ask(slow, (answer) => late.push(answer)),
    /no answer within 20 ms/,
  )
  assert.deepEqual(late, [])
  await sleep(100)
  assert.deepEqual(late, ['after all'])
})
