import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from '#canonical/answer.ts'
import type { Message, Request, Tool } from '#canonical/request.ts'
import { eventsOf } from './answer-events.ts'
import { requestFrom } from './fake-dialect.ts'
import { answerTo } from './script.ts'

const persona = { provider: 'claude-mock', number: 10, nowSeconds: 1_767_225_600 }
const weather: Tool = {
  kind: 'function',
  name: 'get_weather',
  schema: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city'] },
}
const search: Tool = { kind: 'function', name: 'search_web' }
const result: Message = {
  role: 'tool',
  parts: [{ kind: 'tool_result', callId: 'c', parts: [{ kind: 'text', text: '18 degrees' }] }],
}
const user = (text: string): Message => ({ role: 'user', parts: [{ kind: 'text', text }] })
const assistant = (text: string): Message => ({ role: 'assistant', parts: [{ kind: 'text', text }] })

/** The parts and the reason of the first candidate, short enough to be read in a table. */
function short(answer: Answer): string {
  const candidate = answer.candidates[0]
  const parts = candidate?.parts.map((part) => {
    if (part.kind === 'tool_call') return `${part.name}(${part.args})`
    return part.kind === 'text' ? part.text : `[${part.kind}]`
  })
  return `${parts?.join(' | ')} -> ${candidate?.finish.reason}`
}

const cases: readonly { name: string; request: Request; says: string }[] = [
  {
    name: 'greets with its name and the model',
    request: requestFrom('hi'),
    says: 'Hello from claude-mock, playing mock-1. You said: "hi" -> stop',
  },
  {
    name: 'calls the tool whose name says what the user wants',
    request: requestFrom('How is the weather?', { tools: [search, weather] }),
    says: 'get_weather({"city":"Paris"}) -> tool_calls',
  },
  {
    name: 'calls a tool when it is told to use one',
    request: requestFrom('Please use a tool.', { tools: [search] }),
    says: 'search_web({}) -> tool_calls',
  },
  {
    name: 'calls a tool when it must',
    request: requestFrom('hi', { tools: [weather], toolChoice: { mode: 'required' } }),
    says: 'get_weather({"city":"Paris"}) -> tool_calls',
  },
  {
    name: 'calls the one tool it must',
    request: requestFrom('weather', { tools: [weather, search], toolChoice: { mode: 'one', names: ['search_web'] } }),
    says: 'search_web({}) -> tool_calls',
  },
  {
    name: 'calls none when it may not',
    request: requestFrom('weather', { tools: [weather], toolChoice: { mode: 'none' } }),
    says: 'Hello from claude-mock, playing mock-1. You said: "weather" -> stop',
  },
  {
    name: 'calls none that nobody asked for',
    request: requestFrom('hi', { tools: [weather] }),
    says: 'Hello from claude-mock, playing mock-1. You said: "hi" -> stop',
  },
  {
    name: 'calls twice when two are asked for',
    request: requestFrom('The weather in two cities', { tools: [weather] }),
    says: 'get_weather({"city":"Paris"}) | get_weather({"city":"Tokyo"}) -> tool_calls',
  },
  {
    name: 'calls once when it may not call in parallel',
    request: requestFrom('The weather in two cities', { tools: [weather], parallelTools: false }),
    says: 'get_weather({"city":"Paris"}) -> tool_calls',
  },
  {
    name: 'quotes the result of a tool',
    request: requestFrom('', { tools: [weather], messages: [user('weather'), result] }),
    says: 'Hello from claude-mock. The tool said: 18 degrees -> stop',
  },
  {
    name: 'keeps the output limit',
    request: requestFrom('hi', { params: { maxOutput: 3 } }),
    says: 'Hello from claude-mock, -> length',
  },
  {
    name: 'leaves the arguments broken at the limit',
    request: requestFrom('weather', { tools: [weather], params: { maxOutput: 1 } }),
    says: 'get_weather({"city":) -> length',
  },
  {
    name: 'ends before a stop sequence',
    request: requestFrom('hi', { params: { stop: ['nowhere', ' You', ', playing'] } }),
    says: 'Hello from claude-mock -> stop_sequence',
  },
  {
    name: 'fills a schema',
    request: requestFrom('hi', {
      output: { format: 'json_schema', schema: { schema: { type: 'object', properties: { ok: { type: 'boolean' } } } } },
    }),
    says: '{"ok":true} -> stop',
  },
  {
    name: 'answers with an object in JSON mode',
    request: requestFrom('hi', { output: { format: 'json' } }),
    says: '{"message":"Hello from claude-mock, playing mock-1."} -> stop',
  },
  {
    name: 'thinks when asked to',
    request: requestFrom('hi', { reasoning: { effort: 'low' }, params: { stop: [' You'] } }),
    says: '[reasoning] | Hello from claude-mock, playing mock-1. -> stop_sequence',
  },
  {
    name: 'does not think when told not to',
    request: requestFrom('hi', { reasoning: { budgetTokens: 0 }, params: { maxOutput: 1 } }),
    says: 'Hello -> length',
  },
  {
    name: 'says as many words as asked',
    request: requestFrom('Write 3 words.'),
    says: 'the relay carries -> stop',
  },
  {
    name: 'goes on with its own beginning',
    request: requestFrom('', { messages: [user('hi'), assistant('Hello from other-mock,')] }),
    says: ' playing mock-1. You said: "hi" -> stop',
  },
  {
    name: 'goes on when it is told to',
    request: requestFrom('', {
      messages: [user('hi'), assistant('Hello from other-mock, '), user('It was cut off. Continue it exactly where it stops.')],
    }),
    says: 'playing mock-1. You said: "hi" -> stop',
  },
]

for (const { name, request, says } of cases) {
  test(`script: ${name}`, () => assert.equal(short(answerTo(request, persona)), says))
}

test('script: gives as many candidates as asked, each its own text', () => {
  const texts = answerTo(requestFrom('hi', { params: { candidates: 3 } }), persona).candidates.map(({ parts }) =>
    JSON.stringify(parts),
  )
  assert.equal(new Set(texts).size, 3)
})

test('script: counts its words, thoughts among them', () => {
  const plain = answerTo(requestFrom('hello'), persona).usage
  assert.deepEqual(plain, { input: 5, output: 8, cacheRead: 0, cacheWrite: 0, reasoning: 0 })
  const thinking = answerTo(requestFrom('hello', { reasoning: { effort: 'low' } }), persona).usage
  assert.deepEqual(thinking, { input: 5, output: 17, cacheRead: 0, cacheWrite: 0, reasoning: 9 })
})

for (const { name, request } of cases) {
  test(`script: the events of a stream hold the same answer: ${name}`, () => {
    const answer = answerTo(request, persona)
    const texts = new Map<number, string>()
    const events = eventsOf(answer)
    for (const event of events) {
      if (event.kind === 'part_delta') texts.set(event.part, (texts.get(event.part) ?? '') + event.text)
    }
    const wanted = answer.candidates[0]?.parts.map((part) =>
      part.kind === 'tool_call' ? part.args : 'text' in part ? part.text : '',
    )
    assert.deepEqual([...texts.values()], wanted)
    assert.equal(events.at(0)?.kind, 'start')
    assert.equal(events.at(-1)?.kind, 'end')
  })
}
