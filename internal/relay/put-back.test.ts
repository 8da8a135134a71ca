import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, call, playRelay, turn } from '../../test/support/played-relay.ts'

const question = { role: 'user', content: 'Weather?' }
const called = {
  role: 'assistant',
  tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
}
const back = [question, called, { role: 'tool', tool_call_id: 'c1', content: '7' }]

const answerOf = (content: readonly object[]): string =>
  JSON.stringify({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude',
    content,
    stop_reason: 'tool_use',
    usage: { input_tokens: 1, output_tokens: 1 },
  })
const thinking = { type: 'thinking', thinking: 'Rain?', signature: 'c2ln' }
const use = { type: 'tool_use', id: 'c1', name: 'weather', input: {} }
const refusal = (message: string): string => JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message } })

/** A first turn that was signed; then the second request, which got this refusal. */
async function refused(message: string) {
  const world = playRelay('', 'anthropic')
  const first = ask(world, false, [question])
  await turn()
  call(world, 0).answer(200, 'application/json', answerOf([thinking, use]))
  call(world, 0).end()
  await first.done
  const second = ask(world, false, back)
  await turn()
  assert.match(call(world, 1).body, /"signature":"c2ln"/)
  call(world, 1).answer(400, 'application/json', refusal(message))
  call(world, 1).end()
  await turn()
  return { world, second }
}

test('signatures: one that the provider refuses is left out, and the same target asked again', async () => {
  const { world, second } = await refused('messages.1.content.0: Invalid `signature` in `thinking` block')
  assert.equal(call(world, 2).host, 'a')
  assert.doesNotMatch(call(world, 2).body, /c2ln/)
  call(world, 2).answer(200, 'application/json', answerOf([{ type: 'text', text: 'Seven.' }]))
  call(world, 2).end()
  await second.done
  assert.equal(second.sent.status, 200)
  assert.match(second.sent.body, /Seven/)
})

test('signatures: another refusal is told to the client at once', async () => {
  const { world, second } = await refused('max_tokens: too large')
  await second.done
  assert.equal(world.calls.length, 2)
  assert.equal(second.sent.status, 400)
  assert.match(second.sent.body, /max_tokens: too large/)
})
