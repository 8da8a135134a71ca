import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerEvent } from '#canonical/answer.ts'
import type { Request } from '#canonical/request.ts'
import type { DecodeContext } from '#dialect/dialect.ts'
import { dialectByName } from '#dialect/registry.ts'
import { parseSse } from '#framing/sse-parse.ts'
import type { Provider } from '#provider/provider.ts'
import { findProvider, providerTypes } from '#provider/registry.ts'
import { isStream, type Recording, readRecordings, wireOf } from '../support/recordings.ts'

/**
 * Every provider of the registry, so also one that was added a moment ago, reads all recordings of its family: with its own
 * quirks nothing that another vendor of the same API sends may throw, or lose an answer.
 */
const apiOf = {
  'openai-chat': 'chat',
  'openai-responses': 'responses',
  anthropic: 'messages',
  gemini: 'generate-content',
} as const
type Family = keyof typeof apiOf
const families = new Set<string>(Object.keys(apiOf))
const isFamily = (name: string): name is Family => families.has(name)

const request: Request = {
  dialect: 'openai-chat',
  model: 'm',
  stream: false,
  messages: [],
  tools: [],
  params: {},
  output: { format: 'text' },
  ext: {},
  raw: {},
}

/** How much a reader got: characters of text and of reasoning, and tool calls. */
function amountRead(recording: Recording, family: Family, provider: Provider): number {
  const dialect = dialectByName(family)
  const context: DecodeContext = {
    request,
    target: { model: 'm', quirks: provider.quirksOf('m'), traits: provider.traitsOf('m') },
  }
  if (!isStream(recording)) {
    const answer = dialect.decodeAnswer(recording.response.body, context)
    if (!answer.ok) return 0
    return answer.value.candidates
      .flatMap((candidate) => candidate.parts)
      .reduce((sum, part) => sum + ('text' in part ? part.text.length : 1), 0)
  }
  let amount = 0
  const decoder = dialect.decodeStream((event: AnswerEvent) => {
    if (event.kind === 'part_delta') amount += event.text.length
    else if (event.kind === 'part_whole' || (event.kind === 'part_start' && event.type === 'tool_call')) amount++
  }, context)
  const parser = parseSse(decoder.frame, () => {})
  parser.push(Buffer.from(wireOf(recording).text))
  parser.end()
  decoder.end()
  return amount
}

const read = new Map<Family, readonly Recording[]>()
function recordingsOf(family: Family): readonly Recording[] {
  const found = read.get(family) ?? readRecordings([apiOf[family]]).filter(({ response }) => response.status === 200)
  read.set(family, found)
  return found
}

/** A server of that API about which nothing special is known. */
const plain: Readonly<Record<Family, string>> = {
  'openai-chat': 'openai-compatible',
  'openai-responses': 'openai',
  anthropic: 'anthropic',
  gemini: 'gemini',
}

for (const type of providerTypes) {
  test(`provider ${type}: reads all recordings of its family`, () => {
    const provider = findProvider(type)
    assert.ok(provider)
    const family = provider.dialectOf('m', undefined)
    if (!isFamily(family)) return
    const usual = findProvider(plain[family])
    assert.ok(usual)
    const recordings = recordingsOf(family)
    assert.ok(recordings.length > 0, `recordings of ${family}`)
    const lost = recordings.filter(
      (recording) => amountRead(recording, family, usual) > 0 && amountRead(recording, family, provider) === 0,
    )
    assert.deepEqual(
      lost.map(({ provider: vendor, name }) => `${vendor} ${name}`),
      [],
    )
  })
}
