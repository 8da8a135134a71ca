import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadText } from '#config/load.ts'
import { convertLitellm } from '#convert/litellm.ts'

/** The kinds of proxy configuration that LiteLLM's own pages describe: each must convert to a file that passes `check`. */
const kinds: Readonly<Record<string, string>> = {
  'a model with its key from the environment': `model_list:
  - model_name: gpt-4o
    litellm_params: { model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY }
`,
  'load balancing over deployments, with limits': `model_list:
  - model_name: gpt-4o
    litellm_params: { model: azure/gpt-4o-eu, api_base: https://eu.example.com/, api_key: os.environ/AZURE_EU, api_version: "2024-10-21", rpm: 6 }
  - model_name: gpt-4o
    litellm_params: { model: azure/gpt-4o-us, api_base: https://us.example.com/, api_key: os.environ/AZURE_US, rpm: 1440, tpm: 100000 }
router_settings: { routing_strategy: simple-shuffle, num_retries: 2, timeout: 30, allowed_fails: 3, cooldown_time: 30 }
`,
  'fallbacks of each kind': `model_list:
  - { model_name: small, litellm_params: { model: openai/gpt-4o-mini } }
  - { model_name: large, litellm_params: { model: anthropic/claude-sonnet-4-5 } }
litellm_settings:
  num_retries: 3
  request_timeout: 10
  fallbacks: [{ small: [large] }]
  context_window_fallbacks: [{ small: [large] }]
  content_policy_fallbacks: [{ small: [large] }]
  default_fallbacks: [large]
`,
  'wildcards by provider, and for everything': `model_list:
  - { model_name: "anthropic/*", litellm_params: { model: "anthropic/*", api_key: os.environ/ANTHROPIC_API_KEY } }
  - { model_name: "groq/*", litellm_params: { model: "groq/*", api_key: os.environ/GROQ_API_KEY } }
  - { model_name: "*", litellm_params: { model: "*" } }
`,
  'servers of one\u2019s own': `model_list:
  - { model_name: llama, litellm_params: { model: ollama/llama3, api_base: http://localhost:11434 } }
  - { model_name: mine, litellm_params: { model: openai/mistral, api_base: http://0.0.0.0:4000/v1, api_key: none } }
  - { model_name: vllm, litellm_params: { model: hosted_vllm/qwen, api_base: os.environ/VLLM_BASE } }
`,
  clouds: `model_list:
  - { model_name: claude, litellm_params: { model: bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0, aws_region_name: us-east-1 } }
  - { model_name: gemini, litellm_params: { model: vertex_ai/gemini-2.5-pro, vertex_project: my-project, vertex_location: us-central1 } }
`,
  'router settings with Redis, a master key, callbacks': `model_list:
  - { model_name: gpt, litellm_params: { model: openai/gpt-4o } }
router_settings:
  routing_strategy: latency-based-routing
  redis_host: os.environ/REDIS_HOST
  redis_password: os.environ/REDIS_PASSWORD
  redis_port: 6379
  model_group_alias: { gpt-4: gpt }
general_settings: { master_key: os.environ/LITELLM_MASTER_KEY, database_url: os.environ/DATABASE_URL }
litellm_settings: { drop_params: true, set_verbose: false, callbacks: [prometheus], cache: true, cache_params: { type: redis, ttl: 600 } }
environment_variables: { REDIS_HOST: localhost }
`,
}

const env = new Proxy<Record<string, string>>(
  {},
  { get: (_, name) => (/BASE/.test(String(name)) ? 'http://localhost/v1' : 'value') },
)

for (const [kind, text] of Object.entries(kinds)) {
  test(`litellm: ${kind} becomes a file that passes check`, () => {
    const converted = convertLitellm(text)
    assert.ok(converted.ok, JSON.stringify(converted))
    const loaded = loadText(converted.value.text, { path: 'routing.yaml', sources: { env, readFile: () => '' } })
    assert.ok(loaded.ok, `${converted.value.text}\n${JSON.stringify(loaded)}`)
    assert.ok(loaded.value.config.models.length > 0)
  })
}
