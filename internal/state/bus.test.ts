import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createFakeClock } from '#lib/fake-clock.ts'
import { type Bus, createBus } from './bus.ts'

type Line = {
  readonly clock: ReturnType<typeof createFakeClock>
  up: boolean
  readonly join: () => Bus
  readonly say: (text: string) => void
}

/** A channel without a server. */
function line(): Line {
  const clock = createFakeClock()
  const listeners: ((message: string) => void)[] = []
  const say = (text: string): void => {
    for (const listen of listeners) listen(text)
  }
  const made: Line = {
    clock,
    up: true,
    say,
    join: () =>
      createBus({
        port: {
          publish: async (_, message) => say(message),
          subscribe: async (_, listener) => void listeners.push(listener),
        },
        channel: 'hints',
        clock,
        isUp: () => made.up,
        onRefused: () => {},
      }),
  }
  return made
}

test('instances hear each other, and not themselves', async () => {
  const { join } = line()
  const [one, two] = [join(), join()]
  const heard: unknown[] = []
  one.onMessage(() => heard.push('one'))
  two.onMessage((message) => heard.push(message))
  await turn()
  one.publish({ kind: 'breaker' })
  assert.equal(heard.length, 1)
  assert.deepEqual([one.others(), two.others()], [1, 1])
})

test('who comes later is told of, once', async () => {
  const { join, clock } = line()
  const one = join()
  await turn()
  let news = 0
  one.onNew(() => news++)
  join()
  await turn()
  clock.advance(60_000)
  assert.equal(news, 1)
})

test('who is not heard of for a quarter of a minute is gone; but nobody goes while the server is', async () => {
  const it = line()
  const one = it.join()
  const two = it.join()
  await turn()
  it.up = false
  it.clock.advance(600_000)
  assert.equal(one.others(), 1)
  it.up = true
  it.clock.advance(6000)
  assert.equal(one.others(), 1)
  two.close()
  it.clock.advance(21_000)
  assert.equal(one.others(), 0)
})

test('what was not written by one of us is left', async () => {
  const { join, say } = line()
  const one = join()
  const heard: unknown[] = []
  one.onMessage((message) => heard.push(message))
  await turn()
  for (const text of ['', '{', '[]', '{"kind":"breaker"}', '{"from":7,"kind":"breaker"}', `{"from":"${'x'.repeat(5000)}"}`])
    say(text)
  assert.deepEqual([heard, one.others()], [[], 0])
})

test('a server that lets nobody hear or say anything there is told of; one that is gone is not, here', async () => {
  const clock = createFakeClock()
  const refused: string[] = []
  let up = true
  const no = (): Promise<never> => Promise.reject(new Error('NOPERM'))
  const port = { publish: no, subscribe: no }
  const bus = createBus({ port, channel: 'hints', clock, isUp: () => up, onRefused: (error) => refused.push(String(error)) })
  await turn()
  assert.deepEqual(refused, ['Error: NOPERM'])
  bus.publish({ kind: 'breaker' })
  await turn()
  assert.equal(refused.length, 2)
  up = false
  clock.advance(60_000)
  await turn()
  assert.equal(refused.length, 2)
})
