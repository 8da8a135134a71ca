import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import OpenAI from 'openai'
import { hasAllRecordings, isStream, type Recording, readRecordings } from '../support/recordings.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { type ReplayServer, startReplay } from '../support/replay-server.ts'
import { differences, type Reading } from './expected.ts'
import { oracle } from './oracle.ts'
import { readThroughOpenAi } from './read-openai-chat.ts'

const recordings = readRecordings(['chat', 'messages', 'generate-content'])
let replay: ReplayServer
let relay: RelayProcess
let client: OpenAI

// The provider type under which a recording's provider is configured; the others are merely compatible.
const chatTypes = ['openai', 'mistral', 'deepseek', 'qwen', 'groq', 'xai', 'openrouter', 'together', 'ollama']

before(async () => {
  replay = await startReplay(recordings)
  const providers = [
    ...chatTypes.map((type) => `  ${type}: { api_key: k, base_url: "${replay.url}/v1" }`),
    `  compatible: { type: openai-compatible, api_key: k, base_url: "${replay.url}/v1" }`,
    `  anthropic: { api_key: k, base_url: "${replay.url}" }`,
    `  gemini: { api_key: k, base_url: "${replay.url}" }`,
  ]
  // One broken recording must not close the target to the next one.
  relay = await startRelay(
    `version: 1\nproviders:\n${providers.join('\n')}\nmodels:\n  any: { targets: [openai/rec-0] }\nretry: { attempts: 1 }\nbreaker: { consecutive_errors: 1000000, error_rate: 100% }\nhealth: { probe: off }\nlog: { level: warn }\n`,
  )
  client = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: 'none', maxRetries: 0 })
})

after(async () => {
  await relay?.stop()
  await replay?.close()
})

function providerOf({ api, provider }: Recording): string {
  if (api === 'messages') return 'anthropic'
  if (api === 'generate-content') return 'gemini'
  return chatTypes.includes(provider) ? provider : 'compatible'
}

test('every recorded answer reads the same through the OpenAI SDK', async (t) => {
  const failed: string[] = []
  const unusable = new Map<string, number>()
  let equal = 0
  for (const [number, recording] of recordings.entries()) {
    const expected = oracle(recording)
    if ('unusable' in expected) {
      unusable.set(expected.unusable, (unusable.get(expected.unusable) ?? 0) + 1)
      continue
    }
    const problems = await compare(recording, number, expected)
    if (problems.length === 0) equal++
    else failed.push(`${recording.provider}/${recording.api}/${recording.name}: ${problems.join('; ')}`)
  }
  const total = equal + failed.length
  const score = (100 * equal) / total
  t.diagnostic(`${equal} of ${total} equal (${score.toFixed(2)} %)`)
  for (const line of failed) t.diagnostic(`differs: ${line}`)
  for (const [reason, count] of unusable) t.diagnostic(`not compared: ${count} × ${reason}`)
  assert.ok(total >= (hasAllRecordings ? 600 : 20), `only ${total} recordings were compared`)
  assert.ok(score > 98, `${score.toFixed(2)} % are equal`)
})

async function compare(recording: Recording, number: number, expected: Reading): Promise<readonly string[]> {
  try {
    const model = `${providerOf(recording)}/rec-${number}`
    return differences(expected, await readThroughOpenAi(client, model, isStream(recording)))
  } catch (error) {
    return [String(error).slice(0, 300)]
  }
}
