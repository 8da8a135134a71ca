import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, type LanguageModel, stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

/** What a conversation of two steps has shown. */
type Seen = {
  readonly called: readonly string[]
  readonly text: string
  readonly finishes: readonly string[]
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
}

// The SDK warns that it does not know Claude by the relay's names; nothing here depends on what it knows.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })

const prompt = 'What is the weather in Oslo? Use get_weather.'
const system = 'You tell the weather.'
const models = ['anthropic/claude-opus-4-5', 'openai/gpt-4.1', 'gemini/gemini-3.7-flash'] as const

let world: MockRelay
let providers: Readonly<Record<string, (model: string) => LanguageModel>>

before(async () => {
  world = await startMockRelay('models:\n  any: { targets: [openai/gpt-4.1] }\nlog: { level: warn }\n')
  const openai = createOpenAI({ baseURL: `${world.relay.url}/v1`, apiKey: 'none' })
  const anthropic = createAnthropic({ baseURL: `${world.relay.url}/v1`, apiKey: 'none' })
  const google = createGoogleGenerativeAI({ baseURL: `${world.relay.url}/v1beta`, apiKey: 'none' })
  providers = {
    'openai chat': (model) => openai.chat(model),
    'openai responses': (model) => openai.responses(model),
    anthropic: (model) => anthropic(model),
    google: (model) => google(model),
  }
})
after(() => world?.close())

/** The question, the call of the tool, and the answer that tells the result. */
function settings(model: LanguageModel, executed: string[]) {
  const weather = tool({
    description: 'The weather in a city.',
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => {
      executed.push(city)
      return { sky: 'rain', degrees: 7 }
    },
  })
  return { model, system, prompt, tools: { get_weather: weather }, stopWhen: stepCountIs(3), maxRetries: 0 }
}

async function whole(model: LanguageModel, executed: string[]): Promise<Seen> {
  const { steps, text, totalUsage } = await generateText(settings(model, executed))
  return {
    called: steps.flatMap((step) => step.toolCalls.map((call) => call.toolName)),
    text,
    finishes: steps.map((step) => step.finishReason),
    inputTokens: totalUsage.inputTokens,
    outputTokens: totalUsage.outputTokens,
  }
}

async function streamed(model: LanguageModel, executed: string[]): Promise<Seen> {
  const result = streamText(settings(model, executed))
  const called: string[] = []
  const finishes: string[] = []
  let text = ''
  for await (const part of result.fullStream) {
    if (part.type === 'error') throw part.error
    if (part.type === 'tool-call') called.push(part.toolName)
    if (part.type === 'text-delta') text += part.text
    if (part.type === 'finish-step') finishes.push(part.finishReason)
  }
  const { inputTokens, outputTokens } = await result.totalUsage
  return { called, text, finishes, inputTokens, outputTokens }
}

for (const name of ['openai chat', 'openai responses', 'anthropic', 'google']) {
  for (const model of models) {
    for (const [form, converse] of [
      ['whole', whole],
      ['streamed', streamed],
    ] as const) {
      test(`the AI SDK's ${name}, ${form}, to ${model}: the tool runs and its result is told`, async () => {
        const make = providers[name]
        assert.ok(make)
        const executed: string[] = []
        const seen = await converse(make(model), executed)
        assert.equal(executed.length, 1)
        assert.deepEqual(seen.called, ['get_weather'])
        assert.deepEqual(seen.finishes, ['tool-calls', 'stop'])
        assert.match(seen.text, /rain/)
        assert.ok((seen.inputTokens ?? 0) > 0 && (seen.outputTokens ?? 0) > 0)
      })
    }
  }
}
