import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { asObject, asString, parseJson } from '#lib/json.ts'
import { startMockRelay } from '../support/mock-relay.ts'
import { pythonWith } from '../support/python.ts'

const run = promisify(execFile)
const folder = join(import.meta.dirname, 'python')
const models = ['anthropic/claude-opus-4-5', 'openai/gpt-4.1', 'gemini/gemini-3.7-flash'] as const
/** Four APIs, each whole, streamed and with the SDK's helper. */
const conversations = 4 * 3 * models.length

test('the Python SDKs hold tool conversations with providers of every family', { timeout: 500_000 }, async (t) => {
  const found = await pythonWith(join(folder, 'requirements.txt'))
  if ('missing' in found) {
    t.skip(found.missing)
    return
  }
  const world = await startMockRelay('models:\n  any: { targets: [openai/gpt-4.1] }\nlog: { level: warn }\n')
  t.after(() => world.close())
  const script = join(folder, 'conversations.py')
  const { stdout } = await run(found.python, [script, world.relay.url, ...models], { timeout: 200_000, maxBuffer: 64e6 })
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
  assert.equal(lines.length, conversations)
  for (const line of lines) {
    const parsed = parseJson(line)
    const seen = asObject(parsed.ok ? parsed.value : undefined)
    await t.test(asString(seen['name']) ?? 'a conversation without a name', () => {
      assert.equal(seen['error'], undefined)
      assert.equal(seen['called'], 'get_weather')
      assert.equal(typeof asObject(seen['arguments'])['city'], 'string')
      assert.match(asString(seen['text']) ?? '', /rain, 7 degrees/)
      assert.ok(Number(seen['tokens']) > 0)
    })
  }
})
