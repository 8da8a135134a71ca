import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

let world: MockRelay
const words = 60

before(async () => {
  const targets = (name: string): string =>
    `  ${name}: { targets: [openai/${name}, anthropic/${name}] }\n  ${name}-anthropic: { targets: [anthropic/${name}] }\n`
  world = await startMockRelay(
    `models:\n${targets('whole')}${targets('cut')}${targets('told')}retry: { backoff: { base: 1ms } }\nhealth: { probe: off }\nlog: { level: warn }\n`,
  )
})
after(() => world?.close())

/** Three errors in a row: the second target's breaker opens. */
async function openBreaker(name: string): Promise<void> {
  world.setFaults([{ kind: 'error', status: 503, when: { provider: 'anthropic' } }])
  for (let count = 0; count < 3; count++) await assert.rejects(ask(`${name}-anthropic`))
}

async function ask(model: string, stream = false): Promise<string> {
  const messages = [{ role: 'user' as const, content: `Write ${words} words.` }]
  if (!stream) {
    const answer = await world.openai.chat.completions.create({ model, messages })
    return answer.choices[0]?.message.content ?? ''
  }
  let text = ''
  for await (const chunk of await world.openai.chat.completions.create({ model, messages, stream: true }))
    text += chunk.choices[0]?.delta.content ?? ''
  return text
}

test('last resort: a target whose breaker is open is asked before the caller gets an error', async () => {
  await openBreaker('whole')
  world.setFaults([{ kind: 'error', status: 500, when: { provider: 'openai' } }])
  assert.equal((await ask('whole')).trim().split(/\s+/).length, words)
})

test('last resort: it continues a stream that broke, too', async () => {
  await openBreaker('cut')
  world.setFaults([{ kind: 'error_event', after: 20, status: 429, when: { provider: 'openai' } }])
  assert.equal((await ask('cut', true)).trim().split(/\s+/).length, words)
})

test('last resort: a target that told us to wait is left in peace', async () => {
  world.setFaults([{ kind: 'rate_limit', retry_after: '60s', when: { provider: 'anthropic' } }])
  await assert.rejects(ask('told-anthropic'))
  world.mock.reset()
  world.setFaults([{ kind: 'error', status: 500, when: { provider: 'openai' } }])
  await assert.rejects(ask('told'))
  assert.equal(world.mock.stats().providers['anthropic'], undefined)
})

test('max_ejected: a target beyond the share goes on getting traffic although its breaker is open', async () => {
  const pool = await startMockRelay(
    'models: { pool: { targets: [openai/pool, anthropic/pool] } }\nbreaker: { max_ejected: 40% }\nretry: { backoff: { base: 1ms } }\nhealth: { probe: off }\nlog: { level: warn }\n',
  )
  try {
    pool.setFaults([{ kind: 'error', status: 503, when: { provider: 'openai' } }])
    const messages = [{ role: 'user' as const, content: `Write ${words} words.` }]
    for (let count = 0; count < 12; count++) {
      const { choices } = await pool.openai.chat.completions.create({ model: 'pool', messages })
      assert.equal(choices[0]?.message.content?.trim().split(/\s+/).length, words)
    }
    // Three of them opened its breaker; of two targets none may be out.
    assert.equal(pool.mock.stats().providers['openai'], 12)
  } finally {
    await pool.close()
  }
})
