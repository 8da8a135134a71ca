import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

let world: MockRelay

const folder = mkdtempSync(join(tmpdir(), 'outrigger-prices-'))
const priceFile = join(folder, 'prices.yaml')
const priced = (usd: number): string => `anthropic/claude-*: { input: ${usd}, output: ${usd} }\n`

before(async () => {
  writeFileSync(priceFile, priced(1))
  world = await startMockRelay(`models:
  sharing:
    strategy: weighted
    affinity: prefix
    targets:
      - { target: openai/gpt-4.1, price: { input: 1, output: 1, cached_input: 0.1 } }
      - { target: openai/gpt-4.1-mini, price: { input: 1, output: 1, cached_input: 0.1 } }
  copied:
    targets: [{ target: openai/gpt-4.1, price: { input: 1, output: 1 } }]
    mirror: { target: gemini/gemini-3.7-flash }
  listed: { targets: [anthropic/claude-opus-4-5] }
prices: { file: ${priceFile} }
rules:
  - { when: { model: listed, needs: [tools] }, strategy: cost }
`)
})
after(async () => {
  await world?.close()
  rmSync(folder, { recursive: true })
})

/** Metrics whose line begins so. */
async function metric(begin: string): Promise<number> {
  const text = await (await fetch(`${world.relay.adminUrl}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(begin))
  return Number(line?.slice(line.lastIndexOf(' ') + 1) ?? 0)
}

async function eventually(check: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await check()) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  assert.fail('it never came')
}

async function targetOf(messages: readonly string[]): Promise<string | null> {
  const { response } = await world.openai.chat.completions
    .create({
      model: 'sharing',
      messages: messages.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content })),
    })
    .withResponse()
  return response.headers.get('x-outrigger-target')
}

test('a conversation stays where its beginning is cached', async () => {
  // The mock never tells of a cache, so that after a few turns a conversation would be let go.
  for (const document of ['A long document. ', 'Another one. ', 'A third. ']) {
    const long = document.repeat(1000)
    const first = await targetOf([long])
    for (let turn = 0; turn < 3; turn++) assert.equal(await targetOf([long, 'An answer.', `question ${turn}`]), first)
  }
})

test('copies go to the mirror and are counted there alone', async () => {
  const { response } = await world.openai.chat.completions
    .create({ model: 'copied', messages: [{ role: 'user', content: 'Hi' }] })
    .withResponse()
  assert.equal(response.headers.get('x-outrigger-target'), 'openai/gpt-4.1')
  const mirrored = 'outrigger_mirrored_requests_total{route="copied",target="gemini/gemini-3.7-flash",outcome="ok"}'
  await eventually(async () => (await metric(mirrored)) === 1)
  assert.equal(await metric('outrigger_attempts_total{target="gemini/gemini-3.7-flash",outcome="ok"}'), 0)
  await world.relay.logged(/"message":"mirrored request finished"/)
})

test('prices of the file are taken, and taken again when it changes', async () => {
  const cost = async (): Promise<number> => {
    const messages = [{ role: 'user', content: 'Hi' }] as const
    const { response } = await world.openai.chat.completions.create({ model: 'listed', messages: [...messages] }).withResponse()
    return Number(response.headers.get('x-outrigger-cost-usd'))
  }
  const before = await cost()
  assert.ok(before > 0)
  writeFileSync(priceFile, priced(10))
  await eventually(async () => Math.abs((await cost()) - 10 * before) < 1e-9)
  writeFileSync(priceFile, 'anthropic/claude-*: { input: lots }\n')
  await eventually(async () => (await metric('outrigger_config_last_reload_successful')) === 0)
  assert.ok(Math.abs((await cost()) - 10 * before) < 1e-9, 'a bad file changes nothing')
})

test('headers and log name the strategy, and the rule that chose it', async () => {
  const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } } as const
  const { response } = await world.openai.chat.completions
    .create({ model: 'listed', messages: [{ role: 'user', content: 'Hi' }], tools: [tool] })
    .withResponse()
  const headers = ['route', 'strategy', 'rule'].map((name) => response.headers.get(`x-outrigger-${name}`))
  assert.deepEqual(headers, ['listed', 'cost', '1'])
  await world.relay.logged(/"rule":1,"strategy":"cost"/)
})

const calls: readonly (readonly [dialect: string, path: string, body: object])[] = [
  ['OpenAI Chat', '/v1/chat/completions', { model: 'copied', messages: [{ role: 'user', content: 'Hi' }] }],
  ['OpenAI Responses', '/v1/responses', { model: 'copied', input: 'Hi' }],
  ['Anthropic', '/v1/messages', { model: 'copied', max_tokens: 500, messages: [{ role: 'user', content: 'Hi' }] }],
  ['Gemini', '/v1beta/models/copied:generateContent', { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] }],
]

for (const [dialect, path, body] of calls) {
  test(`a limit that nobody keeps is a 402 in ${dialect}, with the cheapest price`, async () => {
    const response = await fetch(world.relay.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-outrigger-max-cost': '0.0000001' },
      body: JSON.stringify(body),
    })
    assert.equal(response.status, 402)
    assert.match(await response.text(), /the cheapest, openai\/gpt-4\.1, would cost about 0\.000\d+ USD/)
  })
}

const cutReasons = [
  /"finish_reason":"length"/,
  /"reason":"max_output_tokens"/,
  /"stop_reason":"max_tokens"/,
  /"finishReason":"MAX_TOKENS"/,
]

for (const [index, [dialect, path, body]] of calls.entries()) {
  test(`a stream that costs as much as its client allows ends with the reason of ${dialect}`, async () => {
    const long = JSON.stringify({ ...body, stream: true }).replace('Hi', 'Write 2000 words.')
    const response = await fetch(world.relay.url + path.replace(':generateContent', ':streamGenerateContent?alt=sse'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-outrigger-max-cost': '0.0006' },
      body: long,
    })
    const text = await response.text()
    assert.equal(response.status, 200, text)
    assert.match(text, cutReasons[index] ?? assert.fail())
    assert.doesNotMatch(text, /"error":[^n]/)
  })
}
