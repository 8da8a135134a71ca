import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Usage } from '#canonical/answer.ts'
import type { RequestEnded } from '#canonical/observe.ts'
import type { Target } from '#canonical/plan.ts'
import { ok } from '#lib/result.ts'
import { ask, call, finish, type PlayedRelay, playRelay, stream, turn, whole } from '../../test/support/played-relay.ts'

/** The prices that this test counts with: `a` takes 10 USD a token, `b` 1 USD; written tokens cost as much as read ones. */
const costOf = ({ provider }: Target, { input, output }: Usage): number => (provider === 'a' ? 10 : 1) * (input + output)

function openWorld(yaml = ''): PlayedRelay {
  const world = playRelay(yaml)
  const targets = world.deps.config().models[0]?.targets ?? []
  const [baseline] = targets
  assert.ok(baseline)
  const steps = targets.map((target) => ({ target, reason: 'listed' }))
  const plan = () => ok({ route: 'm', strategy: 'fallback', steps, excluded: [], baseline })
  return { ...world, deps: { ...world.deps, costOf, plan } }
}

function ended({ events }: PlayedRelay): RequestEnded {
  return events.find((event) => event.kind === 'request_ended') ?? assert.fail('the request has not ended')
}

const wasted = (end: RequestEnded): readonly (readonly [string, number])[] =>
  end.attempts.flatMap((attempt) => (attempt.wasted === undefined ? [] : [[attempt.wasted.reason, attempt.wasted.usd] as const]))

// What `whole` tells: 7 tokens read, 1 written. What nobody tells is estimated: 100 read, a token for four characters written.
const wholeAtA = 80
const wholeAtB = 8
const promptAtA = 1000
const promptAtB = 100

test('ledger: an answer of the first target costs what it costs, and nothing is saved', async () => {
  const world = openWorld()
  const { done } = ask(world, false)
  await turn()
  call(world, 0).answer(200, 'application/json', whole('Hi'))
  call(world, 0).end()
  await done
  const end = ended(world)
  assert.deepEqual([end.costUsd, end.savedUsd, wasted(end)], [wholeAtA, 0, []])
})

test('ledger: a refused request costs nothing; what the second target takes less is saved', async () => {
  const world = openWorld()
  const { done } = ask(world, false)
  await turn()
  call(world, 0).answer(529, 'application/json', '{"error":{"message":"overloaded"}}')
  call(world, 0).end()
  await turn()
  world.clock.advance(1000)
  await turn()
  call(world, 1).answer(200, 'application/json', whole('Hi'))
  call(world, 1).end()
  await done
  const end = ended(world)
  assert.deepEqual([end.costUsd, end.savedUsd, wasted(end)], [wholeAtB, wholeAtA - wholeAtB, []])
})

test('ledger: an answer that is thrown away is wasted as its provider counted it', async () => {
  const world = openWorld()
  const { done } = ask(world, false)
  await turn()
  call(world, 0).answer(200, 'application/json', whole(''))
  call(world, 0).end()
  await turn()
  world.clock.advance(1000)
  await turn()
  call(world, 1).answer(200, 'application/json', whole('Hi'))
  call(world, 1).end()
  await done
  assert.deepEqual(wasted(ended(world)), [['failed', wholeAtA]])
})

test('ledger: a provider that fell silent will charge for the prompt', async () => {
  const world = openWorld('timeouts: { first_token: 1s }')
  const { done } = ask(world, true)
  await turn()
  world.clock.advance(1000)
  await turn()
  stream(call(world, 1), 'Hi')
  call(world, 1).write(finish)
  call(world, 1).end()
  await done
  const end = ended(world)
  assert.deepEqual(wasted(end), [['failed', promptAtA]])
  assert.equal(end.costUsd, promptAtB + 1, 'without numbers of the provider the answer is estimated too')
  assert.equal(end.usage?.estimated, true)
})

test('ledger: of a continued answer the second reading of the prompt is waste, the rest is the answer', async () => {
  const world = openWorld()
  const { done } = ask(world, true)
  await turn()
  stream(call(world, 0), 'x'.repeat(40))
  call(world, 0).end()
  await turn()
  stream(call(world, 1), 'y'.repeat(400))
  call(world, 1).write(finish)
  call(world, 1).end()
  await done
  const end = ended(world)
  assert.equal(end.outcome, 'recovered')
  assert.deepEqual(wasted(end), [['recovered', promptAtB]])
  assert.equal(end.costUsd, promptAtA + 10 * 10 + 100)
})

test('ledger: who leaves before the answer begins has wasted it; who leaves later has had it', async () => {
  const world = openWorld()
  const early = ask(world, true)
  await turn()
  early.sent.leave()
  await early.done
  assert.deepEqual(wasted(ended(world)), [['abandoned', promptAtA]])
  assert.equal(ended(world).costUsd, undefined)

  world.events.length = 0
  const late = ask(world, true)
  await turn()
  stream(call(world, 1), 'x'.repeat(40))
  await turn()
  late.sent.leave()
  await late.done
  assert.deepEqual(wasted(ended(world)), [])
  assert.equal(ended(world).costUsd, promptAtA + 10 * 10)
})

test('ledger: cost and waste together are what the providers charge, whatever happens', async () => {
  const world = openWorld('hedge: { after: 200ms, at_most: 100% }')
  const { done } = ask(world, true)
  await turn()
  world.clock.advance(200)
  await turn()
  stream(call(world, 1), 'x'.repeat(40))
  call(world, 1).write(finish)
  call(world, 1).end()
  await done
  const end = ended(world)
  const sum = (end.costUsd ?? 0) + wasted(end).reduce((total, [, usd]) => total + usd, 0)
  assert.deepEqual(wasted(end), [['hedged', promptAtA]])
  assert.equal(sum, promptAtA + promptAtB + 10)
})
