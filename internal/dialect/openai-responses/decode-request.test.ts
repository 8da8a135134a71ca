import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '#canonical/request.ts'
import { packOpaque } from '../opaque.ts'
import { decode, request } from './test-requests.ts'

const call = { type: 'function_call', call_id: 'c1', name: 'add', arguments: '{"a":1}' }

const readings: readonly { name: string; body: Json; messages: readonly unknown[] }[] = [
  {
    name: 'a text, after instructions',
    body: { instructions: 'Be brief.', input: 'Hi' },
    messages: [
      { role: 'system', parts: [{ kind: 'text', text: 'Be brief.' }] },
      { role: 'user', parts: [{ kind: 'text', text: 'Hi' }] },
    ],
  },
  {
    name: 'what the model wrote in one go as one message, and the results as one',
    body: {
      input: [
        {
          type: 'reasoning',
          id: 'rs_1',
          summary: [
            { type: 'summary_text', text: 'A' },
            { type: 'summary_text', text: 'B' },
          ],
          encrypted_content: 'gAAA',
        },
        call,
        { ...call, call_id: 'c2', arguments: '' },
        { type: 'function_call_output', call_id: 'c1', output: '3' },
        { type: 'function_call_output', call_id: 'c2', output: [{ type: 'input_text', text: '4' }] },
      ],
    },
    messages: [
      {
        role: 'assistant',
        parts: [
          { kind: 'reasoning', text: 'A\n\nB', opaque: [{ vendor: 'openai', kind: 'encrypted', data: 'gAAA', itemId: 'rs_1' }] },
          { kind: 'tool_call', id: 'c1', name: 'add', args: '{"a":1}' },
          { kind: 'tool_call', id: 'c2', name: 'add', args: '{}' },
        ],
      },
      {
        role: 'tool',
        parts: [
          { kind: 'tool_result', callId: 'c1', name: 'add', parts: [{ kind: 'text', text: '3' }] },
          { kind: 'tool_result', callId: 'c2', name: 'add', parts: [{ kind: 'text', text: '4' }] },
        ],
      },
    ],
  },
  {
    name: 'two messages of the model, with their phases',
    body: {
      input: [
        { type: 'message', role: 'assistant', phase: 'commentary', content: [{ type: 'output_text', text: 'One' }] },
        { role: 'assistant', phase: 'final_answer', content: 'Two' },
      ],
    },
    messages: [
      { role: 'assistant', phase: 'commentary', parts: [{ kind: 'text', text: 'One' }] },
      { role: 'assistant', phase: 'final_answer', parts: [{ kind: 'text', text: 'Two' }] },
    ],
  },
  {
    name: 'reasoning of another vendor that came through us',
    body: {
      input: [
        {
          type: 'reasoning',
          summary: [],
          encrypted_content: packOpaque([{ vendor: 'anthropic', kind: 'signature', data: 'sig' }]),
        },
      ],
    },
    messages: [
      {
        role: 'assistant',
        parts: [{ kind: 'reasoning', text: '', opaque: [{ vendor: 'anthropic', kind: 'signature', data: 'sig' }] }],
      },
    ],
  },
  {
    name: 'what belongs to a call and came in an item of its own',
    body: {
      input: [
        {
          type: 'reasoning',
          summary: [],
          encrypted_content: packOpaque([{ vendor: 'gemini', kind: 'signature', data: 'sig', itemId: 'c1' }]),
        },
        call,
      ],
    },
    messages: [
      {
        role: 'assistant',
        parts: [
          {
            kind: 'tool_call',
            id: 'c1',
            name: 'add',
            args: '{"a":1}',
            opaque: [{ vendor: 'gemini', kind: 'signature', data: 'sig' }],
          },
        ],
      },
    ],
  },
  {
    name: 'custom calls and tools that run at the vendor',
    body: {
      input: [
        { type: 'web_search_call', id: 'ws_1', status: 'completed' },
        { type: 'custom_tool_call', call_id: 'c3', name: 'sql', input: 'SELECT 1' },
        { type: 'custom_tool_call_output', call_id: 'c3', output: '1' },
      ],
    },
    messages: [
      {
        role: 'assistant',
        parts: [
          {
            kind: 'server_tool',
            type: 'web_search_call',
            vendor: 'openai',
            raw: { type: 'web_search_call', id: 'ws_1', status: 'completed' },
          },
          { kind: 'tool_call', id: 'c3', name: 'sql', args: 'SELECT 1', custom: true },
        ],
      },
      {
        role: 'tool',
        parts: [{ kind: 'tool_result', callId: 'c3', name: 'sql', parts: [{ kind: 'text', text: '1' }], custom: true }],
      },
    ],
  },
  {
    name: 'images and files, wherever they are',
    body: {
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'low' },
            { type: 'input_image', file_id: 'file-1' },
            { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' },
            { type: 'input_file', file_url: 'https://x.test/b.pdf' },
          ],
        },
      ],
    },
    messages: [
      {
        role: 'user',
        parts: [
          { kind: 'image', source: { kind: 'base64', data: 'AAAA' }, mime: 'image/png', detail: 'low' },
          { kind: 'image', source: { kind: 'file', id: 'file-1', vendor: 'openai' } },
          { kind: 'file', source: { kind: 'base64', data: 'BBBB' }, mime: 'application/pdf', name: 'a.pdf' },
          { kind: 'file', source: { kind: 'url', url: 'https://x.test/b.pdf' }, mime: 'application/pdf' },
        ],
      },
    ],
  },
]

for (const { name, body, messages } of readings) {
  test(`responses request: reads ${name}`, () => assert.deepEqual(request(body).messages, messages))
}

const faults: readonly { body: Json; param: string }[] = [
  { body: {}, param: 'input' },
  { body: { input: 5 }, param: 'input' },
  { body: { input: [] }, param: 'input' },
  { body: { input: [7] }, param: 'input[0]' },
  { body: { input: [{}] }, param: 'input[0].type' },
  { body: { input: [{ role: 'robot', content: '' }] }, param: 'input[0].role' },
  { body: { input: [{ role: 'user', content: [{ type: 'hologram' }] }] }, param: 'input[0].content[0].type' },
  { body: { input: [{ type: 'function_call', name: 'f' }] }, param: 'input[0].call_id' },
  { body: { input: 'x', tools: [{ type: 'function' }] }, param: 'tools[0].name' },
  { body: { input: 'x', tools: {} }, param: 'tools' },
  { body: { input: 'x', tool_choice: 'any' }, param: 'tool_choice' },
  { body: { input: 'x', temperature: 'hot' }, param: 'temperature' },
  { body: { input: 'x', max_output_tokens: 1.5 }, param: 'max_output_tokens' },
  { body: { input: 'x', text: { format: { type: 'json_schema' } } }, param: 'text.format.schema' },
  { body: { input: 'x', reasoning: { effort: 'huge' } }, param: 'reasoning.effort' },
  { body: { input: 'x', stream: 'yes' }, param: 'stream' },
  { body: { input: 'x', include: [1] }, param: 'include[0]' },
]

for (const { body, param } of faults) {
  test(`responses request: ${JSON.stringify(body)} is refused at ${param}`, () => {
    const result = decode({ model: 'm', ...body })
    assert.ok(!result.ok)
    assert.equal(result.error.kind, 'invalid_request')
    assert.equal(result.error.param, param)
  })
}

test('responses request: reads tools, the choice among them and all parameters', () => {
  const read = request({
    input: 'x',
    tools: [
      { type: 'function', name: 'f', parameters: { type: 'object' }, strict: true },
      { type: 'namespace', name: 'crm', description: '', tools: [{ type: 'function', name: 'list' }] },
      { type: 'custom', name: 'sql' },
      { type: 'web_search' },
    ],
    tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'f' }, { type: 'web_search' }] },
    reasoning: { effort: 'low', summary: 'auto', context: 'all_turns' },
    include: ['reasoning.encrypted_content', 'web_search_call.action.sources'],
    top_logprobs: 2,
    store: true,
    truncation: 'auto',
  })
  assert.deepEqual(read.tools, [
    { kind: 'function', name: 'f', schema: { type: 'object' }, strict: true },
    { kind: 'function', name: 'crm__list', namespace: 'crm' },
    { kind: 'custom', name: 'sql' },
    { kind: 'builtin', type: 'web_search', vendor: 'openai', raw: { type: 'web_search' } },
  ])
  assert.deepEqual(read.toolChoice, { mode: 'required', names: ['f', 'web_search'] })
  assert.deepEqual(read.reasoning, { effort: 'low', visible: 'summary' })
  assert.deepEqual(read.params, { logprobs: { top: 2 } })
  assert.deepEqual(read.state, { store: true })
  assert.deepEqual(read.ext, {
    truncation: 'auto',
    include: ['web_search_call.action.sources'],
    reasoning: { context: 'all_turns' },
  })
})
