import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, call, type PlayedRelay, playRelay, turn, whole } from '../../test/support/played-relay.ts'

const hosts = (world: PlayedRelay): readonly string[] => world.calls.map(({ host }) => host)
const outcomes = (world: PlayedRelay): readonly string[] =>
  world.events.flatMap((event) => (event.kind === 'attempt_ended' ? [`${event.target.provider} ${event.outcome}`] : []))

async function pass(world: PlayedRelay, ms: number): Promise<void> {
  world.clock.advance(ms)
  await turn()
}

async function answer(world: PlayedRelay, index: number, text: string): Promise<void> {
  call(world, index).answer(200, 'application/json', whole(text))
  call(world, index).end()
  await turn()
}

/** A question to a first target that says nothing; the second answers it at once when it is asked. */
async function askAroundSilent(world: PlayedRelay, body: object = {}): Promise<number> {
  const startedMs = world.clock.now()
  const { done } = ask(world, false, undefined, { body })
  await turn()
  const asked = world.calls.length
  while (world.calls.length === asked && world.clock.now() - startedMs < 600_000) await pass(world, 500)
  await answer(world, world.calls.length - 1, 'from b')
  await done
  return world.clock.now() - startedMs
}

test('whole answers: the next target is asked beside a silent one after 10 s, and its answer is the answer', async () => {
  const world = playRelay('')
  const { sent, done } = ask(world, false)
  await turn()
  await pass(world, 9999)
  assert.deepEqual(hosts(world), ['a'])
  await pass(world, 1)
  assert.deepEqual(hosts(world), ['a', 'b'])
  await pass(world, 1000)
  await answer(world, 1, 'from b')
  await done
  assert.match(sent.body, /from b/)
  assert.equal(sent.headers['x-outrigger-target'], 'b/gpt-4.1')
  assert.deepEqual(outcomes(world), ['b ok', 'a timeout'])
  const failover = world.events.find((event) => event.kind === 'failover')
  assert.ok(failover?.kind === 'failover')
  assert.deepEqual([failover.from.id, failover.to.id, failover.reason], ['a/gpt-4.1', 'b/gpt-4.1', 'timeout'])
})

test('whole answers: one that is only long is not cut off, and costs nobody his answer', async () => {
  const world = playRelay('')
  const { sent, done } = ask(world, false)
  await turn()
  await pass(world, 12_000)
  assert.deepEqual(hosts(world), ['a', 'b'])
  await answer(world, 0, 'from a')
  await done
  assert.match(sent.body, /from a/)
  assert.equal(call(world, 1).cancelled, true)
  assert.deepEqual(outcomes(world).toSorted(), ['a ok', 'b abandoned'])
})

test('whole answers: a slow target is listened to on, and waited for from then on', async () => {
  const world = playRelay('')
  const { done } = ask(world, false)
  await turn()
  await pass(world, 11_000)
  await answer(world, 1, 'from b')
  await done
  assert.equal(call(world, 0).cancelled, false)
  await pass(world, 29_000)
  await answer(world, 0, 'too late')

  const next = ask(world, false)
  await turn()
  await pass(world, 59_999)
  assert.deepEqual(hosts(world), ['a', 'b', 'a'])
  await pass(world, 1)
  assert.deepEqual(hosts(world), ['a', 'b', 'a', 'b'])
  await answer(world, 2, 'from a')
  await next.done
  assert.match(next.sent.body, /from a/)
})

test('whole answers: one attempt of a target is listened to on at a time, and not beyond its time', async () => {
  const world = playRelay('timeouts: { total: 60s }')
  await askAroundSilent(world)
  await askAroundSilent(world)
  assert.deepEqual(
    world.calls.map(({ host, cancelled }) => [host, cancelled]),
    [
      ['a', false],
      ['b', false],
      ['a', true],
      ['b', false],
    ],
  )
  // Three quarters of the total are the first target's.
  await pass(world, 45_000)
  assert.equal(call(world, 0).cancelled, true)
})

test('whole answers: a target that stays silent is left alone after three of them', async () => {
  const world = playRelay('')
  for (let number = 0; number < 3; number++) {
    const tookMs = await askAroundSilent(world)
    assert.ok(tookMs <= 10_500, `${tookMs} ms`)
  }
  const { sent, done } = ask(world, false)
  await turn()
  assert.equal(world.calls.at(-1)?.host, 'b')
  await answer(world, world.calls.length - 1, 'at once')
  await done
  assert.match(sent.body, /at once/)
})

test('whole answers: answers that take long make the wait longer, but a small one cannot take so long', async () => {
  const world = playRelay('')
  const { done } = ask(world, false)
  await turn()
  await pass(world, 9000)
  await answer(world, 0, 'a little')
  await done
  const long = ask(world, false)
  await turn()
  await pass(world, 13_000)
  await answer(world, 1, 'long')
  await long.done
  world.calls.length = 0
  // Half again as long as 13 s; 100 tokens take 5 s at most after the first.
  assert.equal(await askAroundSilent(world), 19_500)
  assert.equal(await askAroundSilent(world, { max_tokens: 100 }), 15_000)
})

test('whole answers: when the second target fails, and while the first is silent, the first is still waited for', async () => {
  const world = playRelay('')
  const { sent, done } = ask(world, false)
  await turn()
  await pass(world, 10_000)
  call(world, 1).answer(503, 'application/json', '{}')
  call(world, 1).end()
  await turn()
  await pass(world, 20_000)
  assert.deepEqual(hosts(world), ['a', 'b'])
  await answer(world, 0, 'from a')
  await done
  assert.match(sent.body, /from a/)
})

test('whole answers: a third target is asked when the second is silent as long, and both are timeouts once it has answered', async () => {
  const world = playRelay('', 'openai', ['a', 'b', 'c'])
  const { sent, done } = ask(world, false)
  await turn()
  await pass(world, 10_000)
  assert.deepEqual(hosts(world), ['a', 'b'])
  for (let second = 0; second < 9; second++) await pass(world, 1000)
  assert.deepEqual(hosts(world), ['a', 'b'])
  await pass(world, 1000)
  assert.deepEqual(hosts(world), ['a', 'b', 'c'])
  await answer(world, 2, 'from c')
  await done
  assert.match(sent.body, /from c/)
  assert.equal(sent.headers['x-outrigger-attempts'], '3')
  assert.deepEqual(outcomes(world), ['c ok', 'a timeout', 'b timeout'])
  const failovers = world.events.flatMap((event) => (event.kind === 'failover' ? [`${event.from.id} ${event.to.id}`] : []))
  assert.deepEqual(failovers, ['a/gpt-4.1 c/gpt-4.1', 'b/gpt-4.1 c/gpt-4.1'])
})

test('whole answers: of three the second may be the first to answer, and the third is ended', async () => {
  const world = playRelay('', 'openai', ['a', 'b', 'c'])
  const { sent, done } = ask(world, false)
  await turn()
  for (let second = 0; second < 21; second++) await pass(world, 1000)
  assert.deepEqual(hosts(world), ['a', 'b', 'c'])
  await answer(world, 1, 'from b')
  await done
  assert.match(sent.body, /from b/)
  assert.equal(call(world, 2).cancelled, true)
  assert.deepEqual(outcomes(world).toSorted(), ['a timeout', 'b ok', 'c abandoned'])
})

test('whole answers: when the first fails, a silent second does not keep the third from being asked', async () => {
  const world = playRelay('', 'openai', ['a', 'b', 'c'])
  const { sent, done } = ask(world, false)
  await turn()
  await pass(world, 10_000)
  call(world, 0).answer(503, 'application/json', '{}')
  call(world, 0).end()
  for (let second = 0; second < 10; second++) await pass(world, 1000)
  assert.deepEqual(hosts(world), ['a', 'b', 'c'])
  await answer(world, 2, 'from c')
  await done
  assert.match(sent.body, /from c/)
  assert.deepEqual(outcomes(world), ['a overloaded', 'c ok', 'b timeout'])
})

test('whole answers: the limit is the one of the file; models that reason first have two minutes', async () => {
  const fixed = playRelay('timeouts: { answer: 3s }')
  assert.equal(await askAroundSilent(fixed), 3000)
  const reasoning = playRelay('', 'anthropic')
  assert.equal(await askAroundSilent(reasoning, { reasoning_effort: 'high' }), 120_000)
  const patient = playRelay('timeouts: { first_token: 40s }')
  assert.equal(await askAroundSilent(patient), 40_000)
})

test('whole answers: nobody else is asked where a timeout is to stop the request', async () => {
  const world = playRelay('retry: { on_failure: { timeout: stop }, backoff: { base: 10ms, jitter: 0 } }\n')
  const { done } = ask(world, false)
  await turn()
  await pass(world, 120_000)
  assert.deepEqual(hosts(world), ['a'])
  await answer(world, 0, 'from a')
  await done
})
