import type { Json } from '#canonical/request.ts'
import { type Family, markBase64, type Probe } from './probe.ts'

const hello = { role: 'user', content: 'Hello.' }
const user = (...parts: readonly Json[]): Json => ({ input: [{ role: 'user', content: parts }] })
const hi = { type: 'input_text', text: 'Hello.' }
const png = `data:image/png;base64,${markBase64}`
const tool = { type: 'function', name: 'f', parameters: { type: 'object', properties: { a: { type: 'string' } } }, strict: false }
const other = { type: 'function', name: 'g', strict: false }
const call = { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{"a":"PROBE"}' }
const pdf = { type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${markBase64}` }
const output = (given: unknown): Json => ({
  input: [hello, call, { type: 'function_call_output', call_id: 'call_1', output: given }],
})
const called = { input: [hello, call] }
const noPhases = 'other models have no phases'
const shown = 'the client is shown what there is'
const elsewhere = 'thoughts belong to the vendor whose model had them'

const input: readonly Probe[] = [
  { field: 'instructions', body: { instructions: 'PROBE' } },
  { field: 'input (text)', body: { input: 'PROBE' } },
  { field: 'message, developer', body: { input: [{ role: 'developer', content: 'PROBE' }, hello] } },
  { field: 'message, system, later', body: { input: [hello, { role: 'system', content: 'PROBE' }, hello] } },
  { field: 'message, assistant', body: { input: [hello, { role: 'assistant', content: 'PROBE' }, hello] } },
  {
    field: 'message.phase',
    body: { input: [hello, { role: 'assistant', content: 'Hi.', phase: 'commentary' }, hello] },
    without: { input: [hello, { role: 'assistant', content: 'Hi.' }, hello] },
    silent: { 'openai-chat': noPhases, anthropic: noPhases, gemini: noPhases },
  },
  {
    field: 'input_image (link)',
    body: user(hi, { type: 'input_image', detail: 'auto', image_url: 'https://example.com/PROBE.png' }),
  },
  { field: 'input_image (data)', body: user(hi, { type: 'input_image', detail: 'auto', image_url: png }) },
  { field: 'input_image.file_id', body: user(hi, { type: 'input_image', detail: 'auto', file_id: 'file-PROBE' }) },
  {
    field: 'input_image.detail',
    body: user(hi, { type: 'input_image', detail: 'low', image_url: png }),
    without: user(hi, { type: 'input_image', detail: 'auto', image_url: png }),
  },
  { field: 'input_file (PDF)', body: user(hi, pdf) },
  {
    field: 'input_file (text)',
    body: user(hi, { type: 'input_file', filename: 'a.txt', file_data: `data:text/plain;base64,${markBase64}` }),
  },
  { field: 'input_file.file_url', body: user(hi, { type: 'input_file', file_url: 'https://example.com/PROBE.pdf' }) },
  { field: 'input_file.file_id', body: user(hi, { type: 'input_file', file_id: 'file-PROBE' }) },
  { field: 'input_audio', body: user(hi, { type: 'input_audio', input_audio: { data: markBase64, format: 'wav' } }) },
]

const items: readonly Probe[] = [
  { field: 'function_call', body: called },
  { field: 'function_call_output', body: output('PROBE!'), without: called },
  {
    field: 'function_call_output with an image',
    body: output([{ type: 'input_image', detail: 'auto', image_url: png }]),
    without: output(''),
  },
  {
    field: 'custom_tool_call',
    body: { input: [hello, { type: 'custom_tool_call', call_id: 'c', name: 'sql', input: 'PROBE' }] },
  },
  {
    field: 'reasoning.encrypted_content',
    body: {
      input: [
        hello,
        { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'PROBE' },
        { role: 'assistant', content: 'Hi.' },
        hello,
      ],
    },
    without: { input: [hello, { role: 'assistant', content: 'Hi.' }, hello] },
    silent: { 'openai-chat': elsewhere, anthropic: elsewhere, gemini: elsewhere },
  },
  {
    field: 'web_search_call and its like',
    body: { input: [{ type: 'web_search_call', id: 'PROBE', status: 'completed' }, hello] },
  },
  { field: 'compaction', body: { input: [{ type: 'compaction', encrypted_content: 'PROBE' }, hello] } },
  { field: 'item_reference', body: { input: [{ type: 'item_reference', id: 'PROBE' }, hello] } },
]

const tools: readonly Probe[] = [
  { field: 'tools[] function', body: { tools: [tool] } },
  { field: 'tools[].strict', body: { tools: [{ ...tool, strict: true }] }, without: { tools: [tool] } },
  { field: 'tools[] namespace', body: { tools: [{ type: 'namespace', name: 'crm', description: 'PROBE', tools: [other] }] } },
  { field: 'tools[] custom', body: { tools: [{ type: 'custom', name: 'sql', description: 'PROBE' }] } },
  { field: 'tools[] hosted, alone', body: { tools: [{ type: 'web_search' }] } },
  { field: 'tools[] hosted, beside others', body: { tools: [tool, { type: 'web_search' }] }, without: { tools: [tool] } },
  { field: 'tool_choice required', body: { tools: [tool], tool_choice: 'required' }, without: { tools: [tool] } },
  {
    field: 'tool_choice, one function',
    body: { tools: [tool], tool_choice: { type: 'function', name: 'f' } },
    without: { tools: [tool] },
  },
  {
    field: 'tool_choice allowed_tools',
    body: {
      tools: [tool, other],
      tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'f' }] },
    },
    without: { tools: [tool, other] },
  },
  { field: 'parallel_tool_calls', body: { tools: [tool], parallel_tool_calls: false }, without: { tools: [tool] } },
  { field: 'max_tool_calls', body: { max_tool_calls: 3 } },
]

const schema = { type: 'object', properties: { a: { type: 'string' } } }

const params: readonly Probe[] = [
  { field: 'max_output_tokens', body: { max_output_tokens: 4242 } },
  { field: 'temperature', body: { temperature: 0.42 } },
  { field: 'top_p', body: { top_p: 0.42 } },
  { field: 'top_logprobs', body: { top_logprobs: 3 } },
  { field: 'text.format json_object', body: { text: { format: { type: 'json_object' } } } },
  { field: 'text.format json_schema', body: { text: { format: { type: 'json_schema', name: 'x', schema } } } },
  { field: 'text.verbosity', body: { text: { verbosity: 'low' } } },
  { field: 'reasoning.effort', body: { reasoning: { effort: 'low' } } },
  {
    field: 'reasoning.summary',
    body: { reasoning: { effort: 'low', summary: 'auto' } },
    without: { reasoning: { effort: 'low' } },
    silent: { 'openai-chat': shown, anthropic: shown },
  },
  { field: 'include', body: { include: ['web_search_call.action.sources'] } },
  { field: 'truncation', body: { truncation: 'auto' } },
  { field: 'service_tier', body: { service_tier: 'flex' } },
  { field: 'prompt_cache_key', body: { prompt_cache_key: 'PROBE' } },
  { field: 'safety_identifier', body: { safety_identifier: 'PROBE' } },
  { field: 'metadata', body: { metadata: { a: 'PROBE' } } },
  { field: 'store', body: { store: true } },
  { field: 'previous_response_id', body: { previous_response_id: 'PROBE' } },
  { field: 'conversation', body: { conversation: 'PROBE' } },
  { field: 'background', body: { background: true } },
  { field: 'prompt', body: { prompt: { id: 'PROBE' } } },
  { field: 'an unknown field', body: { surprise: 'PROBE' } },
]

export const responses: Family = {
  dialect: 'openai-responses',
  title: 'OpenAI Responses',
  path: '/v1/responses',
  note: 'An `item_reference` to an item of an answer that the relay translated is replaced by the item itself, for six hours and unless the answer was asked for with `store: false`: clients that take every provider for one that keeps answers send nothing else.',
  plain: { model: 'm', input: [hello] },
  probes: [...input, ...items, ...tools, ...params],
}
