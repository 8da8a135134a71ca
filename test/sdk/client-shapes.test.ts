import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asArray, asNumber, asObject, parseJson } from '#lib/json.ts'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

const models = ['anthropic/claude-opus-4-5', 'openai/gpt-4.1', 'gemini/gemini-3.7-flash'] as const

/** Headers and bodies as Claude Code 2.1 and Gemini CLI send them, shortened. */
const claudeCode = {
  'content-type': 'application/json',
  'user-agent': 'claude-cli/2.1.197 (external, sdk-cli)',
  'x-claude-code-session-id': '9a41688b-9006-4ef0-be63-aed0d06d8fd5',
  'x-stainless-lang': 'js',
  'x-stainless-retry-count': '0',
  'x-stainless-timeout': '600',
  'anthropic-beta': [
    'claude-code-20250219,interleaved-thinking-2025-05-14,thinking-token-count-2026-05-13',
    'context-management-2025-06-27,prompt-caching-scope-2026-01-05,effort-2025-11-24,a-beta-of-tomorrow-2031-01-01',
  ].join(','),
  'anthropic-dangerous-direct-browser-access': 'true',
  'anthropic-version': '2023-06-01',
  'x-api-key': 'none',
  'x-app': 'cli',
}
const geminiCli = {
  'content-type': 'application/json',
  'user-agent': 'GeminiCLI/0.30.0/gemini-3.7-flash (linux; x64; terminal)',
  'x-goog-api-client': 'google-genai-sdk/1.30.0 gl-node/v26.10.0',
  'x-goog-api-key': 'none',
  'x-gemini-api-privileged-user-id': '2b6d4f3e',
}
const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: { command: { description: 'The command to execute', type: 'string' } },
  required: ['command'],
  additionalProperties: false,
}
const claudeTools = [{ name: 'Bash', description: 'Executes a command.', input_schema: schema }]
const claudeMessages = [
  {
    role: 'user',
    content: [
      { type: 'text', text: '<system-reminder>\nBe brief.\n</system-reminder>' },
      { type: 'text', text: 'Hello', cache_control: { type: 'ephemeral' } },
    ],
  },
]
const claudeSystem = [
  { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.197; cc_entrypoint=sdk-cli;' },
  { type: 'text', text: 'You are Claude Code.', cache_control: { type: 'ephemeral', scope: 'global' } },
]
const geminiBody = {
  contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
  systemInstruction: { role: 'user', parts: [{ text: 'You are Gemini CLI.' }] },
  tools: [{ functionDeclarations: [{ name: 'run_shell_command', description: 'Runs.', parametersJsonSchema: schema }] }],
  generationConfig: { temperature: 1, topP: 0.95, topK: 64, thinkingConfig: { includeThoughts: true, thinkingBudget: 8192 } },
}

let world: MockRelay

before(async () => {
  world = await startMockRelay('models:\n  any: { targets: [openai/gpt-4.1] }\nlog: { level: warn }\n')
})
after(() => world?.close())

function post(path: string, headers: Readonly<Record<string, string>>, body: object): Promise<Response> {
  return fetch(`${world.relay.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
}

for (const model of models) {
  test(`what Claude Code sends is answered by ${model}: beta query, beta headers, fields of betas`, async () => {
    const response = await post('/v1/messages?beta=true', claudeCode, {
      model,
      max_tokens: 32_000,
      stream: true,
      system: claudeSystem,
      messages: claudeMessages,
      tools: claudeTools,
      metadata: { user_id: '{"device_id":"7991c015","session_id":"9a41688b"}' },
      thinking: { type: 'enabled', budget_tokens: 31_999 },
      context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
      output_config: { effort: 'high' },
    })
    const text = await response.text()
    assert.equal(response.status, 200, text)
    assert.match(text, /event: message_start\n/)
    assert.match(text, /event: message_stop\n/)
  })

  test(`what Claude Code counts is counted for ${model}`, async () => {
    const body = { model, system: claudeSystem, messages: claudeMessages, tools: claudeTools }
    const response = await post('/v1/messages/count_tokens?beta=true', claudeCode, body)
    assert.equal(response.status, 200)
    assert.ok((asNumber(asObject(await response.json())['input_tokens']) ?? 0) > 5)
  })

  test(`what Gemini CLI sends is answered by ${model}: each line is a frame, as its readers want it`, async () => {
    const response = await post(`/v1beta/models/${model}:streamGenerateContent?alt=sse&key=none&$alt=json`, geminiCli, geminiBody)
    const text = await response.text()
    assert.equal(response.status, 200, text)
    const lines = text.split(/\r?\n/).filter((line) => line !== '')
    assert.ok(lines.length > 1)
    const last = lines.map((line) => {
      assert.match(line, /^data: \{/)
      const parsed = parseJson(line.slice('data: '.length))
      assert.ok(parsed.ok)
      return asObject(asArray(asObject(parsed.value)['candidates'])[0])['finishReason']
    })
    assert.equal(last.at(-1), 'STOP')
  })

  test(`what Gemini CLI counts is counted for ${model}, in both forms`, async () => {
    for (const body of [geminiBody, { generateContentRequest: { ...geminiBody, model: `models/${model}` } }]) {
      const response = await post(`/v1beta/models/${model}:countTokens`, geminiCli, body)
      const text = await response.text()
      assert.equal(response.status, 200, text)
      const parsed = parseJson(text)
      assert.ok(parsed.ok && (asNumber(asObject(parsed.value)['totalTokens']) ?? 0) > 3)
    }
  })
}

test('beta headers reach Anthropic itself, and no other', async () => {
  for (const model of models) {
    await post('/v1/messages?beta=true', claudeCode, { model, max_tokens: 50, messages: claudeMessages })
    const sent = world.mock.calls().at(-1)?.headers['anthropic-beta']
    assert.equal(sent, model.startsWith('anthropic/') ? claudeCode['anthropic-beta'] : undefined)
  }
})

test('a request for nothing but a tool of another vendor gets the clear error, beside others the tool is dropped and named', async () => {
  const hosted = { type: 'web_search_20250305', name: 'web_search', max_uses: 3 }
  for (const model of models.slice(1)) {
    const ask = (tools: readonly object[]): Promise<Response> =>
      post('/v1/messages', claudeCode, { model, max_tokens: 50, messages: claudeMessages, tools })
    const alone = await ask([hosted])
    assert.equal(alone.status, 400)
    assert.match(await alone.text(), /web_search_20250305/)
    const among = await ask([...claudeTools, hosted])
    assert.equal(among.status, 200)
    assert.match(among.headers.get('x-outrigger-dropped') ?? '', /web_search_20250305/)
  }
})
