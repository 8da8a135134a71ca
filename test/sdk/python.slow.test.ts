import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { asObject, asString, type JsonObject, parseJson } from '#lib/json.ts'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'
import { pythonWith } from '../support/python.ts'

const run = promisify(execFile)
const folder = join(import.meta.dirname, 'python')
const models = ['anthropic/claude-opus-4-5', 'openai/gpt-4.1', 'gemini/gemini-3.7-flash'] as const
/** Four APIs, each whole, streamed and with the SDK's helper. */
const conversations = 4 * 3 * models.length

let found: Awaited<ReturnType<typeof pythonWith>>
let world: MockRelay

before(
  async () => {
    found = await pythonWith(join(folder, 'requirements.txt'))
    if ('missing' in found) return
    // Slow enough for the break to come after the relay has begun to answer.
    const latency = { first_token: '1ms', chunk: '1ms' }
    world = await startMockRelay('models:\n  any: { targets: [openai/gpt-4.1] }\nlog: { level: warn }\n', latency)
  },
  { timeout: 400_000 },
)
after(() => world?.close())

/** What the script told, one object a line; undefined, and the test is skipped, where there are no SDKs. */
async function tell(t: TestContext, script: string, args: readonly string[]): Promise<readonly JsonObject[] | undefined> {
  if ('missing' in found) {
    t.skip(found.missing)
    return undefined
  }
  const command = [join(folder, script), world.relay.url, ...args]
  const { stdout } = await run(found.python, command, { timeout: 200_000, maxBuffer: 64e6 })
  return linesOf(stdout)
}

function linesOf(stdout: string): readonly JsonObject[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => {
      const parsed = parseJson(line)
      return asObject(parsed.ok ? parsed.value : undefined)
    })
}

test('the Python SDKs hold tool conversations with providers of every family', async (t) => {
  const told = await tell(t, 'conversations.py', models)
  if (told === undefined) return
  assert.equal(told.length, conversations)
  for (const seen of told) {
    await t.test(asString(seen['name']) ?? 'a conversation without a name', () => {
      assert.equal(seen['error'], undefined)
      assert.equal(seen['called'], 'get_weather')
      assert.equal(typeof asObject(seen['arguments'])['city'], 'string')
      assert.match(asString(seen['text']) ?? '', /rain, 7 degrees/)
      assert.ok(Number(seen['tokens']) > 0)
    })
  }
})

for (const model of models) {
  test(`the Python SDKs raise their own error when a stream of ${model} breaks for good`, async (t) => {
    world?.setFaults([{ kind: 'error_event', after: 25, status: 529 }])
    const told = await tell(t, 'broken_streams.py', [model])
    if (told === undefined) return
    assert.equal(told.length, 4)
    for (const { name, text, error } of told) {
      await t.test(asString(name) ?? 'a stream without a name', () => {
        assert.ok((asString(text)?.split(' ').length ?? 0) >= 20)
        assert.match(asString(error) ?? '', /^(APIError|RuntimeError|APIStatusError|ServerError): /)
      })
    }
  })
}

test('the Python SDKs raise their own rate limit error, and read when to come back', async (t) => {
  if ('missing' in found) return t.skip(found.missing)
  const keys = ['chat', 'responses', 'messages', 'gemini']
  const clients = keys.map((name) => `  - { name: ${name}, key: key-${name}, rpm: 1 }`).join('\n')
  const limited = await startMockRelay(
    `models:\n  any: { targets: [openai/gpt-4.1] }\nclients:\n${clients}\nlog: { level: warn }\n`,
  )
  try {
    const { stdout } = await run(found.python, [join(folder, 'rate_limits.py'), limited.relay.url, 'any'], { timeout: 60_000 })
    const told = linesOf(stdout)
    assert.deepEqual(
      told.map(({ name, error, status }) => [name, error, status]),
      [
        ['openai chat', 'RateLimitError', 429],
        ['openai responses', 'RateLimitError', 429],
        ['anthropic', 'RateLimitError', 429],
        ['google-genai', 'ClientError', 429],
      ],
    )
    for (const { name, retry_after: seconds } of told)
      assert.ok(Number(seconds) > 0 && Number(seconds) <= 120, `${name}: ${seconds}`)
  } finally {
    await limited.close()
  }
})
