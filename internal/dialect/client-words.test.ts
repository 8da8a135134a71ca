import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DialectName, Json, Request, Tool } from '#canonical/request.ts'
import { inClientWords } from './client-words.ts'

function request(dialect: DialectName, raw: Json, tools: readonly Tool[] = []): Request {
  return { dialect, model: 'm', stream: false, messages: [], tools, params: {}, output: { format: 'text' }, ext: {}, raw }
}

function named(asked: Request, ...fields: readonly string[]): readonly string[] {
  return inClientWords(
    fields.map((field) => ({ field, severity: 'drop', reason: '' })),
    asked,
  ).map(({ field }) => field)
}

test('losses have the client’s own names', () => {
  const cases: readonly (readonly [Request, readonly string[], readonly string[]])[] = [
    [request('openai-chat', { max_completion_tokens: 1 }), ['max_tokens', 'stop'], ['max_completion_tokens', 'stop']],
    [
      request('openai-chat', { max_tokens: 1, safety_identifier: 'a' }),
      ['max_tokens', 'user'],
      ['max_tokens', 'safety_identifier'],
    ],
    [request('openai-chat', { thinking: {} }), ['reasoning_effort'], ['thinking']],
    [request('openai-responses', {}), ['max_tokens', 'response_format'], ['max_output_tokens', 'text.format']],
    [
      request('anthropic', { thinking: {} }),
      ['stop', 'reasoning_effort', 'user'],
      ['stop_sequences', 'thinking', 'metadata.user_id'],
    ],
    [request('gemini', {}), ['seed', 'response_format'], ['generationConfig.seed', 'generationConfig.responseMimeType']],
    [request('gemini', {}), ['contents[0].parts[1].videoMetadata'], ['contents[0].parts[1].videoMetadata']],
  ]
  for (const [asked, fields, expected] of cases) assert.deepEqual(named(asked, ...fields), expected)
})

test('a place is given where the client counts as we do, and only there', () => {
  const tool: Tool = { kind: 'builtin', type: 'web_search', vendor: 'openai', raw: {} }
  const place = ['messages[2].name', 'tools[1].web_search']
  assert.deepEqual(named(request('openai-chat', { tools: [{}, {}] }, [tool, tool]), ...place), place)
  assert.deepEqual(named(request('openai-responses', { tools: [{}, {}] }, [tool, tool]), ...place), ['input.name', place[1]])
  // A namespace held both.
  assert.deepEqual(named(request('openai-responses', { tools: [{}] }, [tool, tool]), ...place), [
    'input.name',
    'tools.web_search',
  ])
  assert.deepEqual(named(request('gemini', {}, [tool]), ...place), ['contents.name', 'tools.web_search'])
})
