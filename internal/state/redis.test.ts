import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { createFakeClock } from '#lib/fake-clock.ts'
import { createMemoryStore } from './memory.ts'
import { createRedisStore, type RedisStore } from './redis.ts'
import type { Script } from './redis-port.ts'
import { giveScript, probeScript, raiseScript, renewScript, takeScript } from './redis-scripts.ts'
import type { Take } from './store.ts'

type Call = { readonly keys: readonly string[]; readonly args: readonly string[] }

/** A server that answers as it is told, and what it was asked. */
type Server = {
  readonly store: RedisStore
  readonly told: (script: Script) => readonly Call[]
  /** To the next takes; the last one for ever. */
  answers: (() => Promise<unknown>)[]
  alive: boolean
  readonly pass: (ms: number) => Promise<void>
  readonly lost: number[]
}

const names = new Map([
  [takeScript, 'take'],
  [giveScript, 'give'],
  [raiseScript, 'raise'],
  [probeScript, 'probe'],
  [renewScript, 'renew'],
])

function server({ open = true, replicas = 1 } = {}): Server {
  const clock = createFakeClock()
  const calls: (Call & { readonly name: string | undefined })[] = []
  const lost: number[] = []
  const made: Server = {
    answers: [async () => ['1', '0', '10', 'w1']],
    alive: true,
    lost,
    told: (script) => calls.filter(({ name }) => name === names.get(script)),
    async pass(ms) {
      clock.advance(ms)
      for (let turns = 0; turns < 10; turns++) await turn()
    },
    store: createRedisStore({
      port: {
        async run(script, keys, args) {
          if (!made.alive) throw new Error('gone')
          calls.push({ name: names.get(script), keys, args })
          if (script === probeScript) return '0'
          if (script === raiseScript) return ['w2', args[1]]
          if (script === giveScript) return ['0', ...keys.flatMap(() => ['w1', '10'])]
          if (script !== takeScript) return '0'
          const answer = made.answers.length > 1 ? made.answers.shift() : made.answers[0]
          return await answer?.()
        },
        close: async () => {},
      },
      prefix: 'p:',
      timeoutMs: 20,
      fallback: open ? createMemoryStore(() => 0) : undefined,
      replicas: () => replicas,
      onState: () => {},
      onLost: (sums) => lost.push(sums),
      nowMs: () => 0,
      clock,
    }),
  }
  return made
}

const sum = (amount: number, limit = 100): Take => ({ kind: 'sum', key: 's', amount, limit, ttlMs: 60_000 })

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !holds(); tries++) await sleep(5)
  assert.ok(holds())
}

test('an answer that comes too late is counted once: by the server', async () => {
  const it = server()
  it.answers = [() => sleep(60, ['1', '0', '10', 'w1'])]
  assert.equal((await it.store.take([sum(10)])).ok, true)
  await sleep(80)
  await it.pass(1000)
  assert.deepEqual(it.told(giveScript), [])
})

test('a request that went on although the late answer refused it is owed', async () => {
  const it = server()
  it.answers = [() => sleep(60, ['0', '0', '1', '95', '-1'])]
  assert.equal((await it.store.take([sum(10)])).ok, true)
  await sleep(80)
  await it.pass(250)
  await it.pass(250)
  await until(() => it.told(giveScript).length === 1)
  assert.deepEqual(it.told(giveScript)[0]?.keys, ['p:s'])
  assert.deepEqual(it.told(giveScript)[0]?.args.slice(0, 2), ['sum', '10'])
})

test('closed: a request that was refused gives back what the late answer took', async () => {
  const it = server({ open: false })
  it.answers = [() => sleep(60, ['1', '0', '10', 'w1'])]
  assert.deepEqual(await it.store.take([sum(10)]), { ok: false, refused: -1, used: 0, retryAfterMs: 1000 })
  // By then the gate is open again.
  await it.pass(250)
  await it.pass(250)
  await until(() => it.told(giveScript).length === 1)
  assert.deepEqual(it.told(giveScript)[0]?.args.slice(0, 2), ['sum', '-10'])
})

test('while the server is gone each replica has its part of what was left, and tells what it spent afterwards', async () => {
  const it = server({ replicas: 4 })
  it.answers = [async () => ['1', '0', '60', 'w1']]
  await it.store.take([sum(10)])
  it.alive = false
  let taken = 0
  while ((await it.store.take([sum(1)])).ok) taken++
  assert.equal(taken, 10)
  it.alive = true
  for (let times = 0; times < 8; times++) await it.pass(1000)
  await until(() => it.told(giveScript).length === 1)
  assert.deepEqual(it.told(giveScript)[0]?.args.slice(0, 2), ['sum', '10'])
  // What was last seen of it is told before, in case the server has lost it.
  assert.deepEqual(it.told(raiseScript)[0]?.args.slice(0, 2), ['w1', '60'])
})

test('a sum that was made anew has been lost: what is remembered is told at once', async () => {
  const it = server()
  it.answers = [async () => ['1', '0', '60', 'w1'], async () => ['1', '0', '10', 'w2']]
  await it.store.take([sum(10)])
  await it.store.take([sum(10)])
  await until(() => it.told(raiseScript).length === 1)
  assert.deepEqual(it.told(raiseScript)[0]?.args.slice(0, 2), ['w1', '60'])
})

test('of what came back without an answer nothing is told again: counted twice, a budget would be overspent', async () => {
  const it = server()
  it.answers = [async () => ['1', '0', '60', 'w1']]
  await it.store.take([sum(10)])
  it.alive = false
  it.store.give([{ kind: 'sum', key: 's', amount: -4, ttlMs: 60_000 }])
  await it.pass(0)
  // The gate is shut by now: these are not asked at all, and so are certain.
  it.store.give([{ kind: 'sum', key: 's', amount: -3, ttlMs: 60_000 }])
  it.alive = true
  for (let times = 0; times < 8; times++) await it.pass(1000)
  await until(() => it.told(giveScript).length === 1)
  assert.deepEqual(it.told(giveScript)[0]?.args.slice(0, 2), ['sum', '-3'])
  // Nor is it taken off what is remembered, from which a server that lost its sums goes on.
  assert.deepEqual(it.told(raiseScript)[0]?.args.slice(0, 2), ['w1', '60'])
})

test('what the server says of a sum after it was put right is what is remembered', async () => {
  const it = server()
  it.answers = [async () => ['1', '0', '60', 'w1'], async () => ['1', '0', '10', 'w2']]
  await it.store.take([sum(10)])
  it.store.give([{ kind: 'sum', key: 's', amount: -4, ttlMs: 60_000 }])
  await it.pass(0)
  await it.store.take([sum(10)])
  await until(() => it.told(raiseScript).length === 1)
  assert.deepEqual(it.told(raiseScript)[0]?.args.slice(0, 2), ['w1', '10'])
})

test('stopped while the server is gone: it is told how much is lost', async () => {
  const it = server()
  it.alive = false
  await it.store.take([sum(10)])
  await it.store.take([sum(10)])
  await it.store.close()
  assert.deepEqual(it.lost, [1])
})

test('a place is held by a lease that is renewed until it is given back', async () => {
  const it = server()
  it.answers = [async () => ['1', '0', '1', '']]
  const place: Take = { kind: 'place', key: 'c', id: 'r1', limit: 1, ttlMs: 3_600_000 }
  await it.store.take([place])
  assert.equal(it.told(takeScript)[0]?.args[3], '60000')
  await it.pass(20_000)
  await it.pass(20_000)
  it.store.give([{ kind: 'place', key: 'c', id: 'r1' }])
  await it.pass(60_000)
  const renewals = it.told(renewScript).map(({ keys, args }) => ({ keys, args }))
  assert.deepEqual(renewals, Array(2).fill({ keys: ['p:c'], args: ['60000', 'r1'] }))
})

test('a sum has a new word with each making, also by the same replica', async () => {
  const it = server()
  await it.store.take([sum(10)])
  await it.store.take([sum(10)])
  const words = it.told(takeScript).map(({ args }) => args[4])
  assert.notEqual(words[0], words[1])
})

for (const [name, nonsense] of [
  ['a word', 'OK'],
  ['an empty list', []],
  ['no number where one belongs', ['1', 'now', '10', 'w1']],
  ['a refusal without a level', ['0', '0', '1', '']],
] as const) {
  test(`what does not run the scripts counts nothing, and refuses nobody: ${name}`, async () => {
    const it = server()
    it.answers = [async () => nonsense]
    assert.deepEqual(await it.store.take([sum(10)]), { ok: true, used: [10] })
    assert.equal(it.store.gate.isOpen(), false)
    assert.ok(Number.isFinite(it.store.nowMs()))
  })
}
