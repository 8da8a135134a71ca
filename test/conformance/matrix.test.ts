import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { hasAllRecordings, isStream, type Recording, readRecordings } from '../support/recordings.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { type ReplayServer, startReplay } from '../support/replay-server.ts'
import { differences, type Reading } from './expected.ts'
import { oracle } from './oracle.ts'
import { readThroughAnthropic } from './read-anthropic.ts'
import { readThroughGemini } from './read-gemini.ts'
import { readThroughOpenAi } from './read-openai-chat.ts'
import { readThroughResponses } from './read-openai-responses.ts'

const families = ['chat', 'messages', 'generate-content', 'responses', 'converse'] as const
const recordings = readRecordings(families)
let replay: ReplayServer
let relay: RelayProcess

// The provider type under which a recording's provider is configured; the others are merely compatible.
const chatTypes = ['openai', 'mistral', 'deepseek', 'qwen', 'groq', 'xai', 'openrouter', 'together', 'ollama', 'azure']

before(async () => {
  replay = await startReplay(recordings)
  const providers = [
    ...chatTypes.map((type) => `  ${type}: { api_key: k, base_url: "${replay.url}/v1" }`),
    `  compatible: { type: openai-compatible, api_key: k, base_url: "${replay.url}/v1" }`,
    `  responses: { type: openai, api: responses, api_key: k, base_url: "${replay.url}/v1" }`,
    `  anthropic: { api_key: k, base_url: "${replay.url}" }`,
    `  gemini: { api_key: k, base_url: "${replay.url}" }`,
    `  vertex: { api_key: k, base_url: "${replay.url}" }`,
    `  bedrock: { api_key: k, region: us-east-1, base_url: "${replay.url}" }`,
    `  azure-responses: { type: azure, api: responses, api_key: k, base_url: "${replay.url}/v1" }`,
  ]
  // One broken recording must not close the target to the next one.
  relay = await startRelay(
    `version: 1\nproviders:\n${providers.join('\n')}\nmodels:\n  any: { targets: [openai/rec-0] }\nretry: { attempts: 1 }\nbreaker: { consecutive_errors: 1000000, error_rate: 100% }\nhealth: { probe: off }\nlog: { level: warn }\n`,
  )
})

after(async () => {
  await relay?.stop()
  await replay?.close()
})

function providerOf({ api, provider }: Recording): string {
  if (api === 'messages') return 'anthropic'
  if (api === 'generate-content') return provider === 'vertex' ? 'vertex' : 'gemini'
  if (api === 'responses') return provider === 'azure' ? 'azure-responses' : 'responses'
  if (api === 'converse') return 'bedrock'
  return chatTypes.includes(provider) ? provider : 'compatible'
}

type Reader = {
  readonly sdk: string
  readonly candidates: number
  readonly read: (model: string, stream: boolean) => Promise<Reading>
}

function readers(): readonly Reader[] {
  const openai = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: 'none', maxRetries: 0 })
  const anthropic = new Anthropic({ baseURL: relay.url, apiKey: 'none', maxRetries: 0 })
  const gemini = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: relay.url } })
  const all = Number.POSITIVE_INFINITY
  return [
    { sdk: 'openai chat', candidates: all, read: (model, stream) => readThroughOpenAi(openai, model, stream) },
    { sdk: 'openai responses', candidates: 1, read: (model, stream) => readThroughResponses(openai, model, stream) },
    { sdk: 'anthropic', candidates: 1, read: (model, stream) => readThroughAnthropic(anthropic, model, stream) },
    { sdk: 'gemini', candidates: all, read: (model, stream) => readThroughGemini(gemini, model, stream) },
  ]
}

type Cell = { equal: number; readonly failed: string[] }

test('every recorded answer reads the same through every vendor’s SDK', async (t) => {
  const unusable = new Map<string, number>()
  const cells = new Map<string, Cell>()
  const work = recordings.flatMap((recording, number) => {
    const expected = oracle(recording)
    if (!('unusable' in expected)) return readers().map((reader) => ({ recording, number, expected, reader }))
    unusable.set(expected.unusable, (unusable.get(expected.unusable) ?? 0) + 1)
    return []
  })
  const next = work.values()
  const worker = async (): Promise<void> => {
    for (const { recording, number, expected, reader } of next) {
      const name = `${recording.api} → ${reader.sdk}`
      const cell = cells.get(name) ?? { equal: 0, failed: [] }
      cells.set(name, cell)
      const problems = await compare(recording, number, expected, reader)
      if (problems.length === 0) cell.equal++
      else cell.failed.push(`${recording.provider}/${recording.api}/${recording.name}: ${problems.join('; ')}`)
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  for (const [name, { equal, failed }] of cells) {
    t.diagnostic(
      `${name}: ${equal} of ${equal + failed.length} equal (${((100 * equal) / (equal + failed.length)).toFixed(2)} %)`,
    )
    for (const line of failed) t.diagnostic(`  differs in ${name}: ${line}`)
  }
  for (const [reason, count] of unusable) t.diagnostic(`not compared: ${count} × ${reason}`)
  assert.equal(cells.size, 20)
  assert.ok(work.length / 4 >= (hasAllRecordings ? 1000 : 20), `only ${work.length / 4} recordings were compared`)
  for (const [name, { equal, failed }] of cells)
    assert.ok(equal / (equal + failed.length) > 0.98, `${name}: ${failed.length} differ`)
})

async function compare(
  recording: Recording,
  number: number,
  expected: Reading,
  { read, candidates }: Reader,
): Promise<readonly string[]> {
  try {
    return differences(expected, await read(`${providerOf(recording)}/rec-${number}`, isStream(recording)), candidates)
  } catch (error) {
    return [String(error).slice(0, 200)]
  }
}
