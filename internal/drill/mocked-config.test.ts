import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadText } from '#config/load.ts'
import { mockedConfig } from './mocked-config.ts'

test('drill: nothing of the file that is secret or leads outside is left', () => {
  const env = { KEY: 'sk-real', OTHER: 'sk-other', TOKEN: 'real-token' }
  const loaded = loadText(
    `version: 1
providers:
  openai: { api_keys: ["\${KEY}", "\${OTHER}"], base_url: "https://llm.example.com/team/v1", headers: { x-token: "\${TOKEN}" } }
models: { m: { targets: [openai/gpt] } }
state: { redis: "redis://redis.example.com:6379" }
telemetry: { otlp: "http://otel.example.com:4318" }
alerts: [{ error_rate: 5%, over: 5m, webhook: "https://hooks.example.com/x" }]
`,
    { path: 'routing.yaml', sources: { env, readFile: () => '' } },
  )
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const mocked = mockedConfig(loaded.value.config, (name) => `http://127.0.0.1:1/${name}`)
  const provider = mocked.providers.get('openai')
  assert.equal(provider?.baseUrl, 'http://127.0.0.1:1/openai/team/v1')
  assert.deepEqual(
    provider.keys.map((key) => key.reveal()),
    ['drill-key-1', 'drill-key-2'],
  )
  assert.deepEqual(provider.headers, {})
  assert.equal(mocked.state.redis, undefined)
  assert.equal(mocked.telemetry.otlp, undefined)
  assert.deepEqual(mocked.alerts, [])
})
