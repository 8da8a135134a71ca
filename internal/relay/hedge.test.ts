import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, call, finish, type PlayedRelay, playRelay, stream, turn, whole } from '../../test/support/played-relay.ts'
import { createHedgeBudget } from './hedge-budget.ts'

function openWorld(after: string, { atMost = 1, extra = '' } = {}): PlayedRelay {
  return playRelay(`hedge: { after: ${after}, at_most: ${atMost} }\n${extra}`)
}

const outcomes = (world: PlayedRelay): readonly string[] =>
  world.events.flatMap((event) => (event.kind === 'attempt_ended' ? [`${event.target.provider} ${event.outcome}`] : []))
const ended = (world: PlayedRelay) => world.events.find((event) => event.kind === 'request_ended')

/** Asks until the first target has this many quick answers in its window. */
async function warm(world: PlayedRelay, count: number, waitMs = 100): Promise<void> {
  for (let number = 0; number < count; number++) {
    const { done } = ask(world, true)
    await turn()
    world.clock.advance(waitMs)
    await turn()
    const upcall = world.calls.at(-1) ?? assert.fail()
    stream(upcall, 'Hi')
    upcall.write(finish)
    await done
  }
  assert.ok(world.calls.every(({ host }) => host === 'a'))
  world.calls.length = 0
  world.events.length = 0
}

test('hedge: the second target is asked when the first is silent, answers, and the first is ended at once', async () => {
  const world = openWorld('200ms')
  const { sent, done } = ask(world, true)
  await turn()
  world.clock.advance(199)
  await turn()
  assert.equal(world.calls.length, 1)
  world.clock.advance(1)
  await turn()
  assert.deepEqual(
    world.calls.map(({ host }) => host),
    ['a', 'b'],
  )
  stream(call(world, 1), 'from b')
  await turn()
  assert.equal(call(world, 0).cancelled, true)
  stream(call(world, 0), 'from a')
  call(world, 1).write(finish)
  call(world, 1).end()
  await done
  assert.equal(sent.headers['x-outrigger-target'], 'b/gpt-4.1')
  assert.equal(sent.headers['x-outrigger-attempts'], '2')
  assert.match(sent.body, /from b/)
  assert.doesNotMatch(sent.body, /from a/)
  assert.match(sent.body, /outcome=complete .*target=b\/gpt-4.1 attempts=2/)
  assert.deepEqual(outcomes(world), ['a abandoned', 'b ok'])
  const end = ended(world)
  assert.ok(end?.kind === 'request_ended')
  assert.deepEqual(
    end.attempts.map(({ target, outcome }) => [target, outcome]),
    [
      ['a/gpt-4.1', 'abandoned'],
      ['b/gpt-4.1', 'ok'],
    ],
  )
  assert.equal(end.target?.provider, 'b')
  assert.equal(end.overheadMs, 0)
})

test('hedge: the first wins when its content comes first; the second is ended and costs what its prompt costs', async () => {
  const world = openWorld('200ms')
  const { sent, done } = ask(world, true)
  await turn()
  world.clock.advance(250)
  await turn()
  assert.equal(world.calls.length, 2)
  stream(call(world, 0), 'from a')
  await turn()
  assert.equal(call(world, 1).cancelled, true)
  call(world, 0).write(finish)
  await done
  assert.match(sent.body, /from a/)
  assert.equal(sent.headers['x-outrigger-target'], 'a/gpt-4.1')
  assert.deepEqual(outcomes(world), ['b abandoned', 'a ok'])
  const loser = world.events.find((event) => event.kind === 'attempt_ended' && event.outcome === 'abandoned')
  assert.ok(loser?.kind === 'attempt_ended')
  assert.equal(loser.wasted?.usd, 0.1)
  assert.equal(loser.silentUntil, undefined)
})

test('hedge: whole answers too', async () => {
  const world = openWorld('200ms')
  const { sent, done } = ask(world, false)
  await turn()
  world.clock.advance(200)
  await turn()
  call(world, 1).answer(200, 'application/json', whole('from b'))
  call(world, 1).end()
  await done
  assert.equal(call(world, 0).cancelled, true)
  assert.match(sent.body, /from b/)
  assert.deepEqual(outcomes(world).toSorted(), ['a abandoned', 'b ok'])
  assert.equal(sent.headers['x-outrigger-cost-usd'], '0.007')
})

test('hedge: a first attempt that fails leaves the second to answer, and is not asked again', async () => {
  const world = openWorld('200ms')
  const { sent, done } = ask(world, true)
  await turn()
  world.clock.advance(200)
  await turn()
  call(world, 0).answer(503, 'application/json', '{}')
  call(world, 0).end()
  await turn()
  assert.equal(sent.status, 0)
  stream(call(world, 1), 'from b')
  call(world, 1).write(finish)
  await done
  assert.equal(world.calls.length, 2)
  assert.match(sent.body, /from b/)
  assert.deepEqual(outcomes(world), ['a overloaded', 'b ok'])
})

test('hedge: a second attempt that fails changes nothing for the first', async () => {
  const world = openWorld('200ms')
  const { sent, done } = ask(world, true)
  await turn()
  world.clock.advance(200)
  await turn()
  call(world, 1).answer(400, 'application/json', '{"error":{"message":"no"}}')
  call(world, 1).end()
  await turn()
  stream(call(world, 0), 'from a')
  call(world, 0).write(finish)
  await done
  assert.match(sent.body, /from a/)
  assert.equal(sent.status, 200)
})

test('hedge: a refusal of the first is not shopped around: the second is ended', async () => {
  const world = openWorld('200ms')
  const { sent, done } = ask(world, true)
  await turn()
  world.clock.advance(200)
  await turn()
  call(world, 0).answer(400, 'application/json', '{"error":{"message":"bad field","type":"invalid_request_error"}}')
  call(world, 0).end()
  await done
  assert.equal(call(world, 1).cancelled, true)
  assert.equal(sent.status, 400)
  assert.match(sent.body, /bad field/)
})

test('hedge: when both fail the retry policy goes on', async () => {
  const world = openWorld('200ms')
  const { sent, done } = ask(world, true)
  await turn()
  world.clock.advance(200)
  await turn()
  for (const index of [0, 1]) {
    call(world, index).answer(500, 'application/json', '{}')
    call(world, index).end()
  }
  await turn()
  world.clock.advance(1000)
  await turn()
  stream(call(world, 2), 'at last')
  call(world, 2).write(finish)
  await done
  assert.match(sent.body, /at last/)
  const end = ended(world)
  assert.ok(end?.kind === 'request_ended')
  assert.equal(end.attempts.length, 3)
})

test('hedge: a second attempt that broke after it had won is continued at the first target', async () => {
  const world = openWorld('200ms')
  const { sent, done } = ask(world, true)
  await turn()
  world.clock.advance(200)
  await turn()
  stream(call(world, 1), 'one two ')
  call(world, 1).end()
  await turn()
  assert.equal(call(world, 2).host, 'a')
  stream(call(world, 2), 'three')
  call(world, 2).write(finish)
  await done
  const said = [...sent.body.matchAll(/"content":"([^"]*)"/g)].map(([, text]) => text).join('')
  assert.equal(said, 'one two three')
  assert.match(sent.body, /outcome=recovered/)
})

test('hedge: nothing is hedged once content is held back, after the answer, or when the client has gone', async () => {
  const held = openWorld('200ms', { extra: 'stream: { hold: 100 tokens }' })
  const first = ask(held, true)
  await turn()
  stream(call(held, 0), 'short')
  await turn()
  held.clock.advance(500)
  await turn()
  assert.equal(held.calls.length, 1)
  call(held, 0).write(finish)
  await first.done
  held.clock.advance(500)
  await turn()
  assert.equal(held.calls.length, 1)

  const gone = openWorld('200ms')
  const second = ask(gone, true)
  await turn()
  gone.clock.advance(200)
  await turn()
  second.sent.leave()
  await second.done
  assert.deepEqual(
    gone.calls.map(({ cancelled }) => cancelled),
    [true, true],
  )
  assert.equal(gone.clock.pending(), 0)
  const end = ended(gone)
  assert.ok(end?.kind === 'request_ended' && end.outcome === 'cancelled')
})

test('hedge: a quantile needs enough samples, and then is the wait', async () => {
  const world = openWorld('p95')
  await warm(world, 19)
  const early = ask(world, true)
  await turn()
  world.clock.advance(5000)
  await turn()
  assert.equal(world.calls.length, 1)
  stream(call(world, 0), 'slow')
  call(world, 0).write(finish)
  await early.done
  world.calls.length = 0

  // Twenty now; the slow one is the slowest and lies above the 95th.
  const { done } = ask(world, true)
  await turn()
  world.clock.advance(99)
  await turn()
  assert.equal(world.calls.length, 1)
  world.clock.advance(1)
  await turn()
  assert.equal(world.calls.length, 2)
  stream(call(world, 1), 'b')
  call(world, 1).write(finish)
  await done
})

test('hedge: the loser counts neither as error nor as success, but its silence is remembered', async () => {
  const world = openWorld('p95')
  await warm(world, 20)
  const before = world.health.snapshot(world.clock.now()).of('a/gpt-4.1')
  const { done } = ask(world, true)
  await turn()
  world.clock.advance(400)
  await turn()
  stream(call(world, 1), 'b')
  call(world, 1).write(finish)
  await done
  const after = world.health.snapshot(world.clock.now()).of('a/gpt-4.1')
  assert.equal(after.samples, before.samples)
  assert.equal(after.errorRatio, 0)
  assert.equal(after.breaker, 'closed')
  assert.equal(after.inFlight, 0)
  assert.equal(after.times?.firstTokenMs()?.p99, 400)
})

test('hedge: a target in trouble is no second target', async () => {
  const world = openWorld('200ms')
  const target = world.deps.config().models[0]?.targets[1] ?? assert.fail()
  for (let atMs = 0; atMs < 3; atMs++) {
    const common = { requestId: 'x', route: 'm', target, keyIndex: 0, atMs }
    world.health.observe({ kind: 'attempt_started', number: 1, ...common })
    world.health.observe({ kind: 'attempt_ended', outcome: 'server', durationMs: 0, ...common })
  }
  const { done } = ask(world, true)
  await turn()
  world.clock.advance(1000)
  await turn()
  assert.equal(world.calls.length, 1)
  stream(call(world, 0), 'a')
  call(world, 0).write(finish)
  await done
})

test('hedge: second requests stay below their share, over the window', () => {
  const budget = createHedgeBudget(() => 0.05)
  let hedges = 0
  for (let number = 0; number < 1000; number++) {
    budget.request(number * 100)
    if (budget.tryHedge(number * 100)) hedges++
  }
  assert.equal(hedges, 50)
  // Ten minutes later nothing of it counts any more.
  const laterMs = 800_000
  for (let number = 0; number < 19; number++) budget.request(laterMs)
  assert.equal(budget.tryHedge(laterMs), false)
  budget.request(laterMs)
  assert.equal(budget.tryHedge(laterMs), true)
  assert.equal(budget.tryHedge(laterMs), false)
})

test('hedge: no second request when the share is spent', async () => {
  const world = openWorld('200ms', { atMost: 0.5 })
  for (const calls of [1, 3, 4]) {
    const { done } = ask(world, true)
    await turn()
    world.clock.advance(200)
    await turn()
    assert.equal(world.calls.length, calls)
    const upcall = world.calls.at(-1) ?? assert.fail()
    stream(upcall, 'x')
    upcall.write(finish)
    await done
  }
})
