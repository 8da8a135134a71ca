import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerEvent, Usage } from '#canonical/answer.ts'
import type { Request } from '#canonical/request.ts'
import type { DecodeContext } from '#dialect/dialect.ts'
import { dialectByName } from '#dialect/registry.ts'
import { parseSse } from '#framing/sse-parse.ts'
import { asNumber, asObject, isObject, type JsonObject } from '#lib/json.ts'
import { costOf } from '#pricing/price.ts'
import { findProvider } from '#provider/registry.ts'
import { isStream, payloads, type Recording, readRecordings, wireOf } from '../support/recordings.ts'

const dialectOf = {
  chat: 'openai-chat',
  messages: 'anthropic',
  'generate-content': 'gemini',
  responses: 'openai-responses',
} as const
type Api = keyof typeof dialectOf
const apis = Object.keys(dialectOf).filter((name): name is Api => name in dialectOf)

/** What the provider itself says of the whole: read here from its own fields, apart from the code under test. */
type Totals = { readonly all?: number; readonly input?: number; readonly output?: number }

const oracles: Readonly<Record<Api, (usage: JsonObject) => Totals>> = {
  chat: (usage) => numbers({ all: usage['total_tokens'], input: usage['prompt_tokens'], output: usage['completion_tokens'] }),
  responses: (usage) => numbers({ all: usage['total_tokens'], input: usage['input_tokens'], output: usage['output_tokens'] }),
  'generate-content': (usage) => numbers({ all: usage['totalTokenCount'], input: usage['promptTokenCount'] }),
  // Anthropic gives no total: its three kinds of input stand beside each other.
  messages: (usage) => ({
    input:
      (asNumber(usage['input_tokens']) ?? 0) +
      (asNumber(usage['cache_read_input_tokens']) ?? 0) +
      (asNumber(usage['cache_creation_input_tokens']) ?? 0),
    ...numbers({ output: usage['output_tokens'] }),
  }),
}

function numbers(found: Readonly<Record<keyof Totals, unknown>> | Readonly<Record<string, unknown>>): Totals {
  return Object.fromEntries(Object.entries(found).filter(([, value]) => typeof value === 'number'))
}

/** Some files hold the streams of several answers; one is read. */
const closing = new Set(['message_stop', 'response.completed', 'response.incomplete', 'response.failed'])

/** Providers whose API is spoken at their OpenAI layer are configured as compatible servers. */
const native: Readonly<Record<string, Api>> = { gemini: 'generate-content', anthropic: 'messages' }

/** Gemini told of 21 written tokens, then of a total without them: what was told once was written. */
const contradictions = new Set(['test_native_output_with_builtin_tools_stream#1'])

/** The last usage object that the provider sent, with earlier fields where later ones are left out (Anthropic's streams). */
function toldUsage(recording: Recording, api: Api): JsonObject | undefined {
  const bodies = isStream(recording) ? payloads(recording) : [recording.response.body]
  let told: JsonObject | undefined
  const all = bodies.map(asObject)
  const end = all.findIndex(({ type }) => typeof type === 'string' && closing.has(type))
  for (const body of end < 0 ? all : all.slice(0, end + 1)) {
    const holders = [body, asObject(body['message']), asObject(body['response']), asObject(body['x_groq'])]
    for (const holder of holders) {
      const usage = holder[api === 'generate-content' ? 'usageMetadata' : 'usage']
      if (!isObject(usage)) continue
      const given = Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null))
      told = api === 'messages' ? { ...told, ...given } : given
    }
  }
  return told
}

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

function readUsage(recording: Recording, api: Api): Usage | undefined {
  const { provider } = recording
  const dialect = dialectByName(dialectOf[api])
  const type =
    findProvider((native[provider] ?? api) === api ? provider : 'openai-compatible') ?? findProvider('openai-compatible')
  assert.ok(type)
  const model = recording.request?.body['model']
  const name = typeof model === 'string' ? model : 'm'
  const context: DecodeContext = { request, target: { model: name, quirks: type.quirksOf(name), traits: type.traitsOf(name) } }
  if (!isStream(recording)) {
    const answer = dialect.decodeAnswer(recording.response.body, context)
    return answer.ok ? answer.value.usage : undefined
  }
  let usage: Usage | undefined
  const decoder = dialect.decodeStream((event: AnswerEvent) => {
    if (event.kind === 'usage' || (event.kind === 'start' && event.usage !== undefined)) usage = event.usage
  }, context)
  const parser = parseSse(decoder.frame, () => {})
  parser.push(Buffer.from(wireOf(recording).text))
  parser.end()
  decoder.end()
  return usage
}

const perToken = 1_000_000
const everyClassAlike = { input: perToken, output: perToken, cachedInput: perToken, cacheWrite: perToken, cacheWrite1h: perToken }

for (const api of apis) {
  test(`usage: of ${api} every class is counted once, and all together are the provider's totals`, (context) => {
    const wrong: string[] = []
    let compared = 0
    for (const recording of readRecordings([api])) {
      if (recording.response.status !== 200 || contradictions.has(recording.name)) continue
      const told = toldUsage(recording, api)
      const usage = readUsage(recording, api)
      if (told === undefined || usage === undefined) continue
      compared++
      const totals = oracles[api](told)
      const problems = [
        usage.cacheRead + usage.cacheWrite > usage.input ? 'more cached than read' : '',
        usage.reasoning > usage.output ? 'more reasoning than written' : '',
        (usage.cacheWrite1h ?? 0) > usage.cacheWrite ? 'more kept for an hour than kept' : '',
        Math.min(...Object.values(usage).map(Number)) < 0 ? 'less than nothing' : '',
        Math.abs(costOf(everyClassAlike, usage) - usage.input - usage.output) > 1e-6 ? 'a class is charged twice or never' : '',
        totals.all !== undefined && totals.all !== usage.input + usage.output ? `${totals.all} in all` : '',
        totals.all === undefined && totals.input !== undefined && totals.input !== usage.input ? `${totals.input} read` : '',
        totals.all === undefined && totals.output !== undefined && totals.output !== usage.output
          ? `${totals.output} written`
          : '',
      ].filter((problem) => problem !== '')
      if (problems.length > 0)
        wrong.push(
          `${recording.provider} ${recording.name}: ${problems.join(', ')}; ${JSON.stringify(usage)} of ${JSON.stringify(told)}`,
        )
    }
    assert.ok(compared > 0, 'there are recordings to compare')
    assert.deepEqual(wrong, [])
    context.diagnostic(`${compared} recordings compared`)
  })
}
