import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

let world: MockRelay

before(async () => {
  world = await startMockRelay('models:\n  smart: { targets: [openai/gpt-4.1] }\nlog: { level: info }\n', {
    first_token: '20ms',
    // Long enough for all of them to run at once on a busy machine.
    chunk: '300ms',
  })
})
after(() => world?.close())

async function stream(model: string): Promise<{ readonly text: string; readonly finish: string | null }> {
  let text = ''
  let finish: string | null = null
  for await (const chunk of await world.openai.chat.completions.create({
    model,
    stream: true,
    messages: [{ role: 'user', content: 'Tell me something' }],
  })) {
    text += chunk.choices[0]?.delta.content ?? ''
    finish = chunk.choices[0]?.finish_reason ?? finish
  }
  return { text, finish }
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let waited = 0; waited < 8000; waited += 50) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail(`${what}\n${world.relay.log()}`)
}

test('editing the file while 200 streams run breaks none of them; a bad file is refused with its line, the old one stays', async () => {
  const expected = await stream('smart')
  assert.equal(expected.finish, 'stop')
  const good = readFileSync(world.relay.configPath, 'utf8')

  const running = Array.from({ length: 200 }, () => stream('smart'))
  await until(
    async () => /outrigger_in_flight 200/.test(await (await fetch(`${world.relay.adminUrl}/metrics`)).text()),
    '200 streams run',
  )
  writeFileSync(world.relay.configPath, good.replace('smart: {', 'clever: { targets: [gemini/gemini-3.7-flash] }\n  smart: {'))
  await until(() => world.relay.log().includes('config reloaded'), 'the new file is taken')
  const answers = await Promise.all(running)
  assert.equal(answers.filter((answer) => answer.finish === 'stop' && answer.text === expected.text).length, 200)
  assert.equal((await stream('clever')).finish, 'stop')

  writeFileSync(world.relay.configPath, good.replace('targets:', 'tragets:'))
  await until(() => world.relay.log().includes('config refused'), 'the bad file is refused')
  assert.match(world.relay.log(), /routing\.yaml:\d+:\d+: .*tragets.*did you mean/)
  assert.equal((await stream('clever')).finish, 'stop')
  const status = await (await fetch(`${world.relay.adminUrl}/status`)).text()
  assert.match(status, /tragets/)
  const metrics = await (await fetch(`${world.relay.adminUrl}/metrics`)).text()
  assert.match(metrics, /outrigger_config_last_reload_successful 0/)
})
