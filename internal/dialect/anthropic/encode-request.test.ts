import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Message, Request } from '#canonical/request.ts'
import type { Encoded } from '../dialect.ts'
import type { ModelTraits } from '../quirks.ts'
import { encodeRequest } from './encode-request.ts'
import { toolId } from './write-content.ts'

const traits: ModelTraits = {
  sampling: 'one',
  maxTemperature: 1,
  reasoning: { kind: 'budget', min: 1024, max: 32_000 },
  forcedTool: 'unless_reasoning',
  prefill: true,
  lateSystem: false,
  maxOutput: 64_000,
  imagesInToolResults: true,
  jsonSchema: true,
}
const newest: Partial<ModelTraits> = {
  sampling: 'none',
  reasoning: { kind: 'adaptive', efforts: ['low', 'medium', 'high', 'xhigh', 'max'], off: 'never' },
  forcedTool: 'no',
  prefill: false,
  lateSystem: true,
}
const hello: Message = { role: 'user', parts: [{ kind: 'text', text: 'Hello' }] }

function encode(given: Partial<Request>, changed: Partial<ModelTraits> = {}, vendor = 'anthropic'): Encoded {
  const request: Request = {
    dialect: 'openai-chat',
    model: 'smart',
    stream: false,
    messages: [hello],
    tools: [],
    params: {},
    output: { format: 'text' },
    ext: {},
    raw: {},
    ...given,
  }
  return encodeRequest(request, { model: 'claude-x', quirks: { vendor }, traits: { ...traits, ...changed } })
}

function losses({ losses: list }: Encoded): readonly string[] {
  return list.map(({ severity, field }) => `${severity} ${field}`)
}

const call = { kind: 'tool_call', id: 'functions.add:0', name: 'add', args: '{"x":1}' } as const
const result = { kind: 'tool_result', callId: 'functions.add:0', parts: [{ kind: 'text', text: '2' }] } as const
const add = { kind: 'function', name: 'add', schema: { type: 'object', properties: { x: { type: 'number' } } } } as const

test('encodeRequest: turns', async (t) => {
  const cases: readonly {
    name: string
    messages: readonly Message[]
    traits?: Partial<ModelTraits>
    system?: unknown
    written: unknown
  }[] = [
    {
      name: 'system text of the beginning is joined at the top, neighbours are merged, empty text is left out',
      messages: [
        { role: 'system', parts: [{ kind: 'text', text: 'A' }] },
        { role: 'developer', parts: [{ kind: 'text', text: 'B' }] },
        hello,
        {
          role: 'user',
          parts: [
            { kind: 'text', text: '' },
            { kind: 'text', text: 'you' },
          ],
        },
      ],
      system: 'A\n\nB',
      written: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hello' },
            { type: 'text', text: 'you' },
          ],
        },
      ],
    },
    {
      name: 'later system text stays in place, labelled, where the model takes none',
      messages: [hello, { role: 'system', parts: [{ kind: 'text', text: 'Be brief' }] }],
      written: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hello' },
            { type: 'text', text: '<system>\nBe brief\n</system>' },
          ],
        },
      ],
    },
    {
      name: 'later system text after a user goes inline to new models',
      messages: [hello, { role: 'system', parts: [{ kind: 'text', text: 'Be brief' }] }],
      traits: newest,
      written: [
        { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
        { role: 'system', content: [{ type: 'text', text: 'Be brief' }] },
      ],
    },
    {
      name: 'system text alone becomes the user’s',
      messages: [{ role: 'system', parts: [{ kind: 'text', text: 'Say hi' }] }],
      written: [{ role: 'user', content: [{ type: 'text', text: 'Say hi' }] }],
    },
    {
      name: 'results of a turn stand in one message, first, also around system text; ids are mended alike',
      messages: [
        hello,
        { role: 'assistant', parts: [call, { ...call, id: 'b', args: '{"x":' }] },
        { role: 'tool', parts: [result] },
        { role: 'system', parts: [{ kind: 'text', text: 'S' }] },
        { role: 'tool', parts: [{ ...result, callId: 'b', isError: true }] },
        { role: 'user', parts: [{ kind: 'text', text: 'so?' }] },
      ],
      traits: newest,
      written: [
        { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: toolId(call.id), name: 'add', input: { x: 1 } },
            { type: 'tool_use', id: 'b', name: 'add', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: toolId(call.id), content: [{ type: 'text', text: '2' }] },
            { type: 'tool_result', tool_use_id: 'b', content: [{ type: 'text', text: '2' }], is_error: true },
          ],
        },
        { role: 'system', content: [{ type: 'text', text: 'S' }] },
        { role: 'user', content: [{ type: 'text', text: 'so?' }] },
      ],
    },
    {
      name: 'calls stand after the text of their turn',
      messages: [
        hello,
        { role: 'assistant', parts: [{ ...call, id: 'a' }] },
        { role: 'assistant', parts: [{ kind: 'text', text: 'adding' }] },
        { role: 'tool', parts: [{ ...result, callId: 'a' }] },
      ],
      written: [
        { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'adding' },
            { type: 'tool_use', id: 'a', name: 'add', input: { x: 1 } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: '2' }] }] },
      ],
    },
    {
      name: 'a prefill ends without white space',
      messages: [hello, { role: 'assistant', parts: [{ kind: 'text', text: '{ \n' }] }],
      written: [
        { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
        { role: 'assistant', content: [{ type: 'text', text: '{' }] },
      ],
    },
    {
      name: 'only thoughts that the provider signed go back',
      messages: [
        hello,
        {
          role: 'assistant',
          parts: [
            { kind: 'reasoning', text: 'mine', opaque: [{ vendor: 'anthropic', kind: 'signature', data: 'S' }] },
            { kind: 'reasoning', text: '', opaque: [{ vendor: 'anthropic', kind: 'redacted', data: 'R' }] },
            { kind: 'reasoning', text: 'theirs', opaque: [{ vendor: 'gemini', kind: 'signature', data: 'G' }] },
            { kind: 'reasoning', text: 'unsigned' },
            { kind: 'text', text: 'Hi' },
          ],
        },
        hello,
      ],
      written: [
        { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'mine', signature: 'S' },
            { type: 'redacted_thinking', data: 'R' },
            { type: 'text', text: 'Hi' },
          ],
        },
        { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
      ],
    },
  ]
  for (const { name, messages, traits: changed, system, written } of cases) {
    await t.test(name, () => {
      const { body } = encode({ messages, tools: [add] }, changed)
      assert.deepEqual([body['system'], body['messages']], [system, written])
    })
  }
})

test('encodeRequest: a last message of the model is asked for in words where it cannot be continued', () => {
  const encoded = encode({ messages: [hello, { role: 'assistant', parts: [{ kind: 'text', text: 'He' }] }] }, newest)
  assert.match(JSON.stringify(encoded.body['messages']), /"He"}]},\{"role":"user",.*Continue exactly/)
  assert.deepEqual(losses(encoded), ['drop messages'])
})

test('encodeRequest: fields', async (t) => {
  const reasoning = { effort: 'high', visible: 'summary' } as const
  const schema = { type: 'object', properties: { a: { type: 'integer', minimum: 1 } } }
  const cases: readonly {
    name: string
    given: Partial<Request>
    traits?: Partial<ModelTraits>
    fields: object
    lost?: readonly string[]
  }[] = [
    { name: 'the limit is the model’s when left out', given: {}, fields: { max_tokens: 64_000 } },
    {
      name: 'a larger one is cut',
      given: { params: { maxOutput: 100_000 } },
      fields: { max_tokens: 64_000 },
      lost: ['drop max_tokens'],
    },
    {
      name: 'the budget fits in the limit',
      given: { reasoning, params: { maxOutput: 4000 } },
      fields: { max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2976 } },
    },
    {
      name: 'a limit below the least budget rises above it, and sampling goes',
      given: { reasoning, params: { maxOutput: 10, temperature: 0.5, topP: 0.99, topK: 3 } },
      fields: {
        max_tokens: 2048,
        thinking: { type: 'enabled', budget_tokens: 1024 },
        temperature: undefined,
        top_p: 0.99,
        top_k: undefined,
      },
      lost: ['drop max_tokens', 'drop temperature', 'drop top_k'],
    },
    {
      name: 'adaptive thinking has an effort',
      given: { reasoning },
      traits: newest,
      fields: { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'high' } },
    },
    {
      name: 'what always thinks does so little',
      given: { reasoning: { effort: 'none' } },
      traits: newest,
      fields: { thinking: undefined, output_config: { effort: 'low' } },
      lost: ['drop reasoning_effort'],
    },
    {
      name: 'a loop without signed thoughts goes on without them',
      given: {
        reasoning,
        tools: [add],
        messages: [hello, { role: 'assistant', parts: [call] }, { role: 'tool', parts: [result] }],
      },
      fields: { thinking: undefined },
      lost: ['drop reasoning_effort'],
    },
    {
      name: 'temperature is clamped and wins over top_p; stop sequences of white space go',
      given: { params: { temperature: 1.5, topP: 0.5, stop: ['\n', 'END'] } },
      fields: { temperature: 1, top_p: undefined, stop_sequences: ['END'] },
      lost: ['drop top_p'],
    },
    {
      name: 'new models take no sampling',
      given: { params: { temperature: 1 } },
      traits: newest,
      fields: { temperature: undefined },
      lost: ['drop temperature'],
    },
    {
      name: 'the policy of what has no counterpart',
      given: {
        params: { seed: 1, candidates: 2, logitBias: { '1': 1 }, logprobs: { top: 1 } },
        ext: { store: true },
        tier: 'flex',
      },
      fields: { service_tier: undefined },
      lost: ['drop service_tier', 'drop seed', 'drop store', 'refuse n', 'refuse logit_bias', 'refuse logprobs'],
    },
    {
      name: 'a schema goes natively, closed and without bounds',
      given: { output: { format: 'json_schema', schema: { schema } } },
      fields: {
        output_config: {
          format: {
            type: 'json_schema',
            schema: {
              type: 'object',
              properties: { a: { type: 'integer', description: '{minimum: 1}' } },
              additionalProperties: false,
            },
          },
        },
      },
    },
    {
      name: 'a forced choice that thinking forbids leaves only the tool',
      given: {
        reasoning,
        tools: [add, { ...add, name: 'sub' }],
        toolChoice: { mode: 'one', names: ['add'] },
        parallelTools: false,
      },
      fields: {
        tool_choice: { type: 'auto', disable_parallel_tool_use: true },
        tools: [{ name: 'add', input_schema: add.schema }],
      },
      lost: ['drop tool_choice'],
    },
    {
      name: 'a subset is sent alone',
      given: { tools: [add, { ...add, name: 'sub' }], toolChoice: { mode: 'required', names: ['sub'] } },
      fields: { tool_choice: { type: 'any' }, tools: [{ name: 'sub', input_schema: add.schema }] },
    },
    {
      name: 'calls in the history declare their tools, of which none may be called',
      given: { messages: [hello, { role: 'assistant', parts: [call] }, { role: 'tool', parts: [result] }] },
      fields: { tool_choice: { type: 'none' }, tools: [{ name: 'add', input_schema: { type: 'object', properties: {} } }] },
    },
    {
      name: 'tools of another vendor are dropped beside others',
      given: { tools: [add, { kind: 'builtin', type: 'web_search', vendor: 'openai', raw: {} }] },
      fields: { tools: [{ name: 'add', input_schema: add.schema }] },
      lost: ['drop tools[1].web_search'],
    },
    {
      name: 'and refused alone',
      given: { tools: [{ kind: 'builtin', type: 'web_search', vendor: 'openai', raw: {} }] },
      fields: { tools: undefined },
      lost: ['refuse tools[0].web_search'],
    },
  ]
  for (const { name, given, traits: changed, fields, lost = [] } of cases) {
    await t.test(name, () => {
      const encoded = encode(given, changed)
      const found = Object.fromEntries(Object.keys(fields).map((key) => [key, encoded.body[key]]))
      assert.deepEqual(found, fields)
      assert.deepEqual(losses(encoded), lost)
    })
  }
})

test('encodeRequest: JSON without a schema is asked for in words', () => {
  const encoded = encode({ output: { format: 'json' } })
  assert.match(String(encoded.body['system']), /one JSON object/)
  assert.deepEqual(losses(encoded), ['drop response_format'])
})

test('encodeRequest: at most four cache hints, an hour before five minutes', () => {
  const hinted = (text: string, ttl: string): Message => ({ role: 'user', parts: [{ kind: 'text', text, cacheHint: { ttl } }] })
  const system: Message = { role: 'system', parts: [{ kind: 'text', text: 'S', cacheHint: {} }] }
  const { body } = encode({ messages: [system, hinted('1', '1h'), hinted('2', '1h'), hinted('3', '5m'), hinted('4', '1h')] })
  const short = { type: 'ephemeral' }
  assert.deepEqual(body['system'], [{ type: 'text', text: 'S', cache_control: short }])
  assert.deepEqual(body['messages'], [
    {
      role: 'user',
      content: [
        { type: 'text', text: '1' },
        { type: 'text', text: '2', cache_control: short },
        { type: 'text', text: '3', cache_control: { type: 'ephemeral', ttl: '5m' } },
        { type: 'text', text: '4', cache_control: short },
      ],
    },
  ])
})

test('encodeRequest: tool names that are not taken are changed and can be restored', () => {
  const { body, names } = encode({ tools: [{ kind: 'function', name: 'a.b/c' }], toolChoice: { mode: 'one', names: ['a.b/c'] } })
  const [written] = names?.keys() ?? []
  assert.match(written ?? '', /^[a-zA-Z0-9_-]+$/)
  assert.deepEqual(body['tool_choice'], { type: 'tool', name: written })
  assert.equal(names?.get(written ?? ''), 'a.b/c')
})
