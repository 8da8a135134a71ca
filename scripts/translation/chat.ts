import type { Json } from '#canonical/request.ts'
import type { Family, Probe } from './probe.ts'
import { markBase64 } from './probe.ts'

const user = (content: unknown): Json => ({ messages: [{ role: 'user', content }] })
const part = (given: Json): Json => user([{ type: 'text', text: 'Hello.' }, given])
const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'string' } } } } }
const other = { type: 'function', function: { name: 'g' } }
const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":"PROBE"}' } }
const png = `data:image/png;base64,${markBase64}`
const hello = { role: 'user', content: 'Hello.' }

const system: readonly Probe[] = [
  { field: 'messages[] system', body: { messages: [{ role: 'system', content: 'PROBE' }, hello] } },
  { field: 'messages[] developer', body: { messages: [{ role: 'developer', content: 'PROBE' }, hello] } },
  { field: 'messages[] system, later', body: { messages: [hello, { role: 'system', content: 'PROBE' }, hello] } },
  { field: 'messages[].name', body: { messages: [{ ...hello, name: 'PROBE' }] } },
]

const content: readonly Probe[] = [
  { field: 'text', body: user('PROBE') },
  { field: 'image_url (link)', body: part({ type: 'image_url', image_url: { url: 'https://example.com/PROBE.png' } }) },
  { field: 'image_url (data)', body: part({ type: 'image_url', image_url: { url: png } }) },
  {
    field: 'image_url.detail',
    body: part({ type: 'image_url', image_url: { url: png, detail: 'low' } }),
    without: part({ type: 'image_url', image_url: { url: png } }),
  },
  { field: 'input_audio', body: part({ type: 'input_audio', input_audio: { data: markBase64, format: 'wav' } }) },
  {
    field: 'file (PDF)',
    body: part({ type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${markBase64}` } }),
  },
  {
    field: 'file (text)',
    body: part({ type: 'file', file: { filename: 'a.txt', file_data: `data:text/plain;base64,${markBase64}` } }),
  },
  { field: 'file.file_id', body: part({ type: 'file', file: { file_id: 'file-PROBE' } }) },
  {
    field: 'cache_control',
    body: user([{ type: 'text', text: 'Hello.', cache_control: { type: 'ephemeral' } }]),
    silent: {
      'openai-chat': 'the server caches by itself',
      'openai-responses': 'the server caches by itself',
      gemini: 'the server caches by itself',
    },
  },
]

const turns: readonly Probe[] = [
  {
    field: 'messages[].refusal',
    body: { messages: [hello, { role: 'assistant', refusal: 'PROBE' }, hello] },
    without: { messages: [hello, { role: 'assistant', content: 'Hi.' }, hello] },
  },
  {
    field: 'messages[].reasoning_content',
    body: { messages: [hello, { role: 'assistant', content: 'Hi.', reasoning_content: 'PROBE' }, hello] },
    without: { messages: [hello, { role: 'assistant', content: 'Hi.' }, hello] },
    silent: {
      'openai-chat': 'thoughts belong to the vendor whose model had them',
      'openai-responses': 'thoughts belong to the vendor whose model had them',
      anthropic: 'thoughts belong to the vendor whose model had them',
      gemini: 'thoughts belong to the vendor whose model had them',
    },
  },
  {
    field: 'messages[].tool_calls[]',
    body: { tools: [tool], messages: [hello, { role: 'assistant', content: null, tool_calls: [call] }] },
    without: { tools: [tool] },
  },
  {
    field: 'messages[] tool',
    body: {
      messages: [hello, { role: 'assistant', tool_calls: [call] }, { role: 'tool', tool_call_id: 'call_1', content: 'PROBE!' }],
    },
    without: { tools: [tool], messages: [hello, { role: 'assistant', tool_calls: [call] }] },
  },
]

const tools: readonly Probe[] = [
  { field: 'tools[] function', body: { tools: [tool] } },
  {
    field: 'tools[].function.strict',
    body: { tools: [{ ...tool, function: { ...tool.function, strict: true } }] },
    without: { tools: [tool] },
  },
  { field: 'tools[] custom', body: { tools: [{ type: 'custom', custom: { name: 'sql', description: 'PROBE' } }] } },
  { field: 'tools[] of a vendor, alone', body: { tools: [{ type: 'web_search' }] } },
  { field: 'tools[] of a vendor, beside others', body: { tools: [tool, { type: 'web_search' }] }, without: { tools: [tool] } },
  { field: 'tool_choice auto', body: { tools: [tool], tool_choice: 'auto' }, without: { tools: [tool] } },
  {
    field: 'tool_choice none',
    body: { tools: [tool], tool_choice: 'none' },
    without: { tools: [tool] },
    silent: { 'bedrock-converse': 'the tools are not shown' },
  },
  { field: 'tool_choice required', body: { tools: [tool], tool_choice: 'required' }, without: { tools: [tool] } },
  {
    field: 'tool_choice, one function',
    body: { tools: [tool], tool_choice: { type: 'function', function: { name: 'f' } } },
    without: { tools: [tool] },
  },
  {
    field: 'tool_choice allowed_tools',
    body: { tools: [tool, other], tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [tool] } } },
    without: { tools: [tool, other] },
  },
  { field: 'parallel_tool_calls', body: { tools: [tool], parallel_tool_calls: false }, without: { tools: [tool] } },
]

const schema = { type: 'object', properties: { a: { type: 'string' } } }

const params: readonly Probe[] = [
  { field: 'max_completion_tokens', body: { max_completion_tokens: 4242 } },
  { field: 'max_tokens', body: { max_tokens: 4242 } },
  { field: 'stop', body: { stop: ['PROBE'] } },
  { field: 'n', body: { n: 2 } },
  { field: 'temperature', body: { temperature: 0.42 } },
  { field: 'top_p', body: { top_p: 0.42 } },
  { field: 'top_k', body: { top_k: 42 } },
  { field: 'min_p', body: { min_p: 0.42 } },
  { field: 'presence_penalty', body: { presence_penalty: 0.42 } },
  { field: 'frequency_penalty', body: { frequency_penalty: 0.42 } },
  { field: 'repetition_penalty', body: { repetition_penalty: 1.42 } },
  { field: 'seed', body: { seed: 42 } },
  { field: 'logit_bias', body: { logit_bias: { 42: 1 } } },
  { field: 'logprobs', body: { logprobs: true } },
  { field: 'response_format json_object', body: { response_format: { type: 'json_object' } } },
  {
    field: 'response_format json_schema',
    body: { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } },
  },
  { field: 'reasoning_effort', body: { reasoning_effort: 'low' } },
  { field: 'verbosity', body: { verbosity: 'low' } },
  { field: 'modalities', body: { modalities: ['text', 'audio'] } },
  { field: 'audio', body: { audio: { voice: 'alloy', format: 'wav' } } },
  { field: 'prediction', body: { prediction: { type: 'content', content: 'PROBE' } } },
  { field: 'web_search_options', body: { web_search_options: {} } },
  { field: 'service_tier', body: { service_tier: 'flex' } },
  { field: 'prompt_cache_key', body: { prompt_cache_key: 'PROBE' } },
  { field: 'safety_identifier', body: { safety_identifier: 'PROBE' } },
  { field: 'user', body: { user: 'PROBE' } },
  { field: 'metadata', body: { metadata: { a: 'PROBE' } } },
  { field: 'store', body: { store: true } },
  {
    field: 'stream_options.include_usage',
    body: { stream: true, stream_options: { include_usage: true } },
    without: { stream: true },
    silent: {
      'openai-chat': 'usage is always asked for, and shown to the client who wants it',
      'openai-responses': 'usage always comes',
      anthropic: 'usage always comes',
      gemini: 'usage always comes',
    },
  },
  { field: 'an unknown field', body: { surprise: 'PROBE' } },
]

export const chat: Family = {
  dialect: 'openai-chat',
  title: 'OpenAI Chat Completions',
  path: '/v1/chat/completions',
  plain: { model: 'm', messages: [hello] },
  probes: [...system, ...content, ...turns, ...tools, ...params],
}
