import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { startVendor, type VendorServer } from '../support/vendor-server.ts'

// As Discord's and Twitter's ids are, and what 64 bits hold at most.
const id = '1234567890123456789'
const largest = '9223372036854775807'

let vendor: VendorServer
let relay: RelayProcess

const answers: readonly (readonly [path: RegExp, body: string])[] = [
  [
    /messages/,
    `{"id":"a","type":"message","role":"assistant","model":"m","content":[{"type":"tool_use","id":"t","name":"f","input":{"user":${id},"of":[-${id}]}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}`,
  ],
  [
    /generateContent/,
    `{"candidates":[{"index":0,"finishReason":"STOP","content":{"role":"model","parts":[{"functionCall":{"name":"f","args":{"user":${id},"of":[-${id}]}}}]}}]}`,
  ],
  [
    /chat/,
    `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\\"user\\":${id},\\"of\\":[-${id}]}"}}]}}]}`,
  ],
]

before(async () => {
  vendor = await startVendor(({ path }) => ({ body: answers.find(([pattern]) => pattern.test(path))?.[1] ?? '{}' }))
  relay = await startRelay(`version: 1
providers:
  claude: { type: anthropic, api_key: k, base_url: "${vendor.url}" }
  gpt: { type: openai, api_key: k, base_url: "${vendor.url}/v1" }
  gem: { type: gemini, api_key: k, base_url: "${vendor.url}" }
models:
  claude: { targets: [claude/claude-opus-4-5] }
  gpt: { targets: [gpt/gpt-4.1] }
  gem: { targets: [gem/gemini-3.7-flash] }
health: { probe: off }
log: { level: warn }
`)
})
after(async () => {
  await relay?.stop()
  await vendor?.close()
})

const schema = `{"type":"object","properties":{"user":{"type":"integer","maximum":${largest}}}}`
const input = `{"user":${id},"of":[-${id}]}`

/** A conversation with a tool's call in it, as each client writes it. */
const questions: Readonly<Record<string, (model: string) => readonly [path: string, body: string]>> = {
  anthropic: (model) => [
    '/v1/messages',
    `{"model":"${model}","max_tokens":9,"tools":[{"name":"f","input_schema":${schema}}],"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":${input}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"y"}]}]}`,
  ],
  gemini: (model) => [
    `/v1beta/models/${model}:generateContent`,
    `{"tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":${schema}}]}],"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":${input}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"r":1}}}]}]}`,
  ],
  openai: (model) => [
    '/v1/chat/completions',
    `{"model":"${model}","seed":${largest},"tools":[{"type":"function","function":{"name":"f","parameters":${schema}}}],"messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":${JSON.stringify(input)}}}]},{"role":"tool","tool_call_id":"t","content":"y"}]}`,
  ],
}

for (const [client, question] of Object.entries(questions)) {
  for (const model of ['claude', 'gpt', 'gem']) {
    test(`numbers of 64 bits: ${client} to ${model} and back`, async () => {
      const [path, body] = question(model)
      const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' }
      const response = await fetch(relay.url + path, { method: 'POST', headers, body })
      const answer = await response.text()
      assert.equal(response.status, 200, answer)
      const sent = vendor.arrived().at(-1)?.text ?? ''
      for (const [where, text] of Object.entries({ sent, answer })) {
        const [user, other] = [/user\\?":(\d+)/.exec(text.replace(/"user":\{/g, ''))?.[1], /of\\?":\[(-\d+)/.exec(text)?.[1]]
        assert.deepEqual([user, other], [id, `-${id}`], `${where}: ${text}`)
      }
      if (sent.includes('maximum')) assert.match(sent, new RegExp(`"maximum":${largest}`))
    })
  }
}
