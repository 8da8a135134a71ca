import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Usage } from '#canonical/answer.ts'
import type { RequestEnded } from '#canonical/observe.ts'
import { ask, call, finish, type PlayedRelay, playRelay, stream, turn } from '../../test/support/played-relay.ts'

/** The prompt costs 1 USD (100 tokens), each token of answer 1 cent. */
function openWorld(yaml = '', type: 'openai' | 'anthropic' = 'openai'): PlayedRelay {
  const world = playRelay(yaml, type)
  const costOf = (_target: unknown, { input, output }: Usage): number => (input + output) / 100
  return { ...world, deps: { ...world.deps, costOf } }
}

const ended = ({ events }: PlayedRelay): RequestEnded =>
  events.find((event) => event.kind === 'request_ended') ?? assert.fail('the request has not ended')

test('spend limit: a stream ends cleanly when it costs as much as its client allows, and the provider is not asked on', async () => {
  const world = openWorld()
  const { sent, done } = ask(world, true, undefined, { hints: { maxCostUsd: 1.25 } })
  await turn()
  stream(call(world, 0), 'x'.repeat(40))
  stream(call(world, 0), 'x'.repeat(40))
  assert.equal(call(world, 0).cancelled, false)
  stream(call(world, 0), 'x'.repeat(40))
  await done
  assert.equal(call(world, 0).cancelled, true)
  assert.match(sent.body, /"finish_reason":"length"/)
  assert.equal(sent.body.match(/finish_reason":"length"/g)?.length, 1)
  assert.match(sent.body, /data: \[DONE\]/)
  assert.match(sent.body, /outcome=complete cost_usd=1\.3 /)
  const end = ended(world)
  assert.deepEqual([end.outcome, end.streamOutcome, end.code, end.costUsd], ['ok', 'complete', 'max_cost_reached', 1.3])
})

test('spend limit: an answer of another dialect ends in the form of the client too', async () => {
  const world = openWorld('', 'anthropic')
  const { sent, done } = ask(world, true, undefined, { hints: { maxCostUsd: 1.05 } })
  await turn()
  const event = (name: string, data: object): string => `event: ${name}\ndata: ${JSON.stringify({ type: name, ...data })}\n\n`
  const message = {
    id: 'm',
    type: 'message',
    role: 'assistant',
    model: 'c',
    content: [],
    usage: { input_tokens: 100, output_tokens: 1 },
  }
  call(world, 0).answer(200, 'text/event-stream', event('message_start', { message }))
  call(world, 0).write(event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }))
  call(world, 0).write(event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'y'.repeat(40) } }))
  await done
  assert.match(sent.body, /yyyy/)
  assert.match(sent.body, /"finish_reason":"length"/)
  assert.equal(ended(world).code, 'max_cost_reached')
})

test('spend limit: what failed attempts cost counts', async () => {
  const world = openWorld('timeouts: { first_token: 1s }')
  const { sent, done } = ask(world, true, undefined, { hints: { maxCostUsd: 2.05 } })
  await turn()
  world.clock.advance(1000)
  await turn()
  stream(call(world, 1), 'x'.repeat(40))
  await done
  assert.match(sent.body, /"finish_reason":"length"/, 'two prompts cost 2 USD, ten tokens 0.1 more')
})

test('spend limit: an answer within it is as it would be without', async () => {
  const world = openWorld()
  const { sent, done } = ask(world, true, undefined, { hints: { maxCostUsd: 5 } })
  await turn()
  stream(call(world, 0), 'x'.repeat(40))
  call(world, 0).write(finish)
  call(world, 0).end()
  await done
  assert.match(sent.body, /"finish_reason":"stop"/)
  assert.doesNotMatch(sent.body, /"length"/)
})
