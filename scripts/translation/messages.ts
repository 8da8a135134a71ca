import type { Json } from '#canonical/request.ts'
import { type Family, markBase64, type Probe } from './probe.ts'

const hello = { role: 'user', content: 'Hello.' }
const hi = { type: 'text', text: 'Hello.' }
const user = (...parts: readonly Json[]): Json => ({ messages: [{ role: 'user', content: [hi, ...parts] }] })
const assistant = (...parts: readonly Json[]): Json => ({
  messages: [hello, { role: 'assistant', content: parts }, { role: 'user', content: 'Go on.' }],
})
const said = { type: 'text', text: 'Hi.' }
const base64 = (media_type: string): Json => ({ type: 'base64', media_type, data: markBase64 })
const pdf = { type: 'document', source: base64('application/pdf') }
const text = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'PROBE' } }
const tool = { name: 'f', input_schema: { type: 'object', properties: { a: { type: 'string' } } } }
const call = { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 'PROBE' } }
const called = { tools: [tool], messages: [hello, { role: 'assistant', content: [call] }] }
const result = (given: Json): Json => ({
  tools: [tool],
  messages: [...called.messages, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', ...given }] }],
})
const elsewhere = 'thoughts belong to the vendor whose model had them'
const everywhereElse = { 'openai-chat': elsewhere, 'openai-responses': elsewhere, gemini: elsewhere }
const decides = 'the model decides by itself'
const outright = 'the tool is declared outright'
const caches = 'the server caches by itself'

const content: readonly Probe[] = [
  { field: 'system', body: { system: 'PROBE' } },
  { field: 'messages[] system, later', body: { messages: [hello, { role: 'system', content: 'PROBE' }, hello] } },
  { field: 'text', body: { messages: [{ role: 'user', content: 'PROBE' }] } },
  { field: 'image (base64)', body: user({ type: 'image', source: base64('image/png') }) },
  { field: 'image (url)', body: user({ type: 'image', source: { type: 'url', url: 'https://example.com/PROBE.png' } }) },
  { field: 'image (file)', body: user({ type: 'image', source: { type: 'file', file_id: 'file_PROBE' } }) },
  { field: 'document (PDF)', body: user(pdf) },
  { field: 'document (url)', body: user({ type: 'document', source: { type: 'url', url: 'https://example.com/PROBE.pdf' } }) },
  { field: 'document (text)', body: user(text) },
  { field: 'document.title', body: user({ ...text, title: 'PROBE TITLE' }), without: user(text) },
  { field: 'document.context', body: user({ ...text, context: 'PROBE CONTEXT' }), without: user(text) },
  { field: 'document.citations', body: user({ ...text, citations: { enabled: true } }), without: user(text) },
  {
    field: 'search_result',
    body: user({ type: 'search_result', source: 'https://example.com', title: 'T', content: [{ type: 'text', text: 'PROBE' }] }),
  },
  {
    field: 'cache_control',
    body: { messages: [{ role: 'user', content: [{ ...hi, cache_control: { type: 'ephemeral' } }] }] },
    silent: { 'openai-chat': caches, 'openai-responses': caches, gemini: caches },
  },
]

const turns: readonly Probe[] = [
  { field: 'tool_use', body: called, without: { tools: [tool] } },
  { field: 'tool_result', body: result({ content: 'PROBE!' }), without: called },
  {
    field: 'tool_result with an image',
    body: result({ content: [{ type: 'image', source: base64('image/png') }] }),
    without: result({}),
  },
  { field: 'tool_result with a document', body: result({ content: [text] }), without: result({}) },
  {
    field: 'tool_result with a tool_reference',
    body: result({ content: [{ type: 'tool_reference', tool_name: 'PROBE_f' }] }),
    without: result({}),
  },
  { field: 'tool_result.is_error', body: result({ content: 'no', is_error: true }), without: result({ content: 'no' }) },
  {
    field: 'thinking',
    body: assistant({ type: 'thinking', thinking: 'PROBE', signature: 'U0lH' }, said),
    without: assistant(said),
    silent: everywhereElse,
  },
  {
    field: 'redacted_thinking',
    body: assistant({ type: 'redacted_thinking', data: 'PROBE' }, said),
    without: assistant(said),
    silent: everywhereElse,
  },
  {
    field: 'server_tool_use and its results',
    body: assistant({ type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'PROBE' } }, said),
    without: assistant(said),
  },
  { field: 'compaction', body: assistant({ type: 'compaction', content: 'PROBE' }, said), without: assistant(said) },
]

const tools: readonly Probe[] = [
  { field: 'tools[]', body: { tools: [tool] } },
  { field: 'tools[].strict', body: { tools: [{ ...tool, strict: true }] }, without: { tools: [tool] } },
  {
    field: 'tools[].defer_loading',
    body: { tools: [{ ...tool, defer_loading: true }] },
    without: { tools: [tool] },
    silent: { 'openai-chat': outright, 'openai-responses': outright, gemini: outright },
  },
  {
    field: 'tools[].input_examples',
    body: { tools: [{ ...tool, input_examples: [{ a: 'PROBE' }] }] },
    without: { tools: [tool] },
  },
  { field: 'tools[] of Anthropic, alone', body: { tools: [{ type: 'web_search_20250305', name: 'web_search' }] } },
  {
    field: 'tools[] of Anthropic, beside others',
    body: { tools: [tool, { type: 'web_search_20250305', name: 'web_search' }] },
    without: { tools: [tool] },
  },
  { field: 'tool_choice any', body: { tools: [tool], tool_choice: { type: 'any' } }, without: { tools: [tool] } },
  { field: 'tool_choice tool', body: { tools: [tool], tool_choice: { type: 'tool', name: 'f' } }, without: { tools: [tool] } },
  {
    field: 'tool_choice none',
    body: { tools: [tool], tool_choice: { type: 'none' } },
    without: { tools: [tool] },
    silent: { 'bedrock-converse': 'the tools are not shown' },
  },
  {
    field: 'tool_choice.disable_parallel_tool_use',
    body: { tools: [tool], tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
    without: { tools: [tool], tool_choice: { type: 'auto' } },
  },
]

const schema = { type: 'object', properties: { a: { type: 'string' } } }

const params: readonly Probe[] = [
  { field: 'max_tokens', body: { max_tokens: 4242 } },
  { field: 'stop_sequences', body: { stop_sequences: ['PROBE'] } },
  { field: 'temperature', body: { temperature: 0.42 } },
  { field: 'top_p', body: { top_p: 0.42 } },
  { field: 'top_k', body: { top_k: 42 } },
  {
    field: 'thinking enabled',
    body: { thinking: { type: 'enabled', budget_tokens: 2000 } },
  },
  { field: 'thinking adaptive', body: { thinking: { type: 'adaptive' } }, silent: { 'openai-chat': decides, gemini: decides } },
  { field: 'output_config.effort', body: { output_config: { effort: 'low' } } },
  { field: 'output_config.format', body: { output_config: { format: { type: 'json_schema', schema } } } },
  {
    field: 'cache_control',
    body: { cache_control: { type: 'ephemeral' } },
    silent: { 'openai-chat': caches, 'openai-responses': caches, gemini: caches },
  },
  { field: 'service_tier', body: { service_tier: 'standard_only' }, silent: { gemini: 'it is what comes without the field' } },
  { field: 'metadata.user_id', body: { metadata: { user_id: 'PROBE' } } },
  { field: 'mcp_servers', body: { mcp_servers: [{ type: 'url', url: 'https://example.com', name: 'PROBE' }] } },
  { field: 'container', body: { container: 'PROBE' } },
  { field: 'context_management', body: { context_management: { edits: [{ type: 'PROBE' }] } } },
  { field: 'an unknown field', body: { surprise: 'PROBE' } },
]

export const messages: Family = {
  dialect: 'anthropic',
  title: 'Anthropic Messages',
  path: '/v1/messages',
  plain: { model: 'm', max_tokens: 9000, messages: [hello] },
  probes: [...content, ...turns, ...tools, ...params],
}
