import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { asObject, type JsonObject } from '#lib/json.ts'
import { convertLitellm } from './litellm.ts'

function convert(text: string): { readonly file: JsonObject; readonly remarks: readonly string[] } {
  const converted = convertLitellm(text)
  if (!converted.ok) throw new Error(converted.error[0]?.message)
  const { text: routing, remarks } = converted.value
  return { file: asObject(parse(routing)), remarks: remarks.map(({ line, message }) => `${line}: ${message}`) }
}

test('load balancing: one name, several accounts, by weight', () => {
  const { file, remarks } = convert(`model_list:
  - model_name: gpt
    litellm_params: { model: azure/gpt-eu, api_base: https://eu.example.com/, api_key: os.environ/EU_KEY, weight: 2 }
  - model_name: gpt
    litellm_params: { model: azure/gpt-us, api_base: https://us.example.com/, api_key: os.environ/US_KEY }
  - model_name: gpt
    litellm_params: { model: gpt-4o, api_key: sk-plain }
`)
  assert.deepEqual(file['models'], {
    gpt: { strategy: 'weighted', targets: [{ target: 'azure/gpt-eu', weight: 2 }, 'azure-2/gpt-us', 'openai/gpt-4o'] },
  })
  assert.deepEqual(file['providers'], {
    azure: { api_key: '${EU_KEY}', base_url: 'https://eu.example.com/openai/v1' },
    'azure-2': { type: 'azure', api_key: '${US_KEY}', base_url: 'https://us.example.com/openai/v1' },
    openai: { api_key: 'sk-plain' },
  })
  assert.deepEqual(remarks, [])
})

test('fallbacks stand behind, at weight 0 where the traffic is shared', () => {
  const { file } = convert(`model_list:
  - { model_name: one, litellm_params: { model: anthropic/a } }
  - { model_name: many, litellm_params: { model: openai/a } }
  - { model_name: many, litellm_params: { model: openai/b } }
litellm_settings:
  fallbacks: [{ one: [many] }, { many: [one] }]
  content_policy_fallbacks: [{ one: [many] }]
`)
  assert.deepEqual(file['models'], {
    one: { targets: ['anthropic/a', 'openai/a', 'openai/b'], retry: { on_failure: { content_filter: 'next' } } },
    many: { strategy: 'weighted', targets: ['openai/a', 'openai/b', { target: 'anthropic/a', weight: 0 }] },
  })
})

test('wildcards, environment references, prices and windows', () => {
  const { file } = convert(`model_list:
  - { model_name: "openai/*", litellm_params: { model: "openai/*", api_key: os.environ/OPENAI_API_KEY } }
  - model_name: local
    litellm_params: { model: hosted_vllm/llama, api_base: os.environ/VLLM_BASE }
    model_info: { input_cost_per_token: 0.0000025, output_cost_per_token: 0.00001, max_input_tokens: 8000 }
  - { model_name: sonar, litellm_params: { model: perplexity/sonar-pro } }
`)
  assert.deepEqual(asObject(file['models'])['local'], {
    targets: [{ target: 'vllm/llama', price: { input: 2.5, output: 10 }, context: 8000 }],
  })
  assert.deepEqual(asObject(file['providers'])['vllm'], { base_url: '${VLLM_BASE}' })
  assert.deepEqual(asObject(file['providers'])['perplexity'], {
    type: 'openai-compatible',
    base_url: 'https://api.perplexity.ai',
    api_key: '${PERPLEXITYAI_API_KEY}',
  })
})

test('router settings and the rest at the top', () => {
  const { file, remarks } = convert(`model_list:
  - { model_name: a, litellm_params: { model: openai/a } }
  - { model_name: a, litellm_params: { model: openai/b } }
router_settings:
  routing_strategy: usage-based-routing-v2
  num_retries: 2
  timeout: 30
  stream_timeout: 2.5
  allowed_fails: 2
  cooldown_time: 60
  model_group_alias: { b: a }
  redis_host: localhost
  redis_port: 6380
litellm_settings: { drop_params: true, cache: true, cache_params: { type: redis, ttl: 600 } }
general_settings: { master_key: os.environ/MASTER }
`)
  const { models, providers: _p, version, ...rest } = file
  assert.equal(version, 1)
  assert.deepEqual(Object.keys(asObject(models)), ['a', 'b'])
  assert.equal(asObject(asObject(models)['a'])['unsupported'], 'drop')
  assert.deepEqual(rest, {
    retry: { attempts: 3 },
    timeouts: { total: '30s', first_token: '2500ms' },
    breaker: { consecutive_errors: 3, open_for: '60s' },
    cache: { ttl: '600s' },
    clients: [{ name: 'master', key: '${MASTER}' }],
    state: { redis: 'redis://localhost:6380' },
  })
  assert.equal(remarks.length, 2)
})

test('what has no counterpart is told with its line, and no key is', () => {
  const { remarks } = convert(`model_list:
  - model_name: a
    litellm_params:
      model: openai/a
      api_version: x
      aws_secret_access_key: very-secret
  - { model_name: b, litellm_params: { model: sagemaker/x } }
litellm_settings:
  success_callback: [langfuse]
  fallbacks: [{ nobody: [a] }, { a: [nothing] }]
environment_variables: { A: b }
`)
  assert.deepEqual(
    remarks.map((remark) => Number.parseInt(remark, 10)),
    [5, 6, 7, 9, 10, 10, 11],
  )
  assert.doesNotMatch(remarks.join(), /very-secret/)
})

test('a file that is no mapping, or no YAML, is told', () => {
  for (const text of ['- a', 'a: [', '']) assert.equal(convertLitellm(text).ok, false)
})

test('retries that are too many or none, and a password with letters that mean something in a URL', () => {
  const convertWith = (retries: number): ReturnType<typeof convert> =>
    convert(`model_list:
  - { model_name: one, litellm_params: { model: openai/a } }
router_settings: { num_retries: ${retries}, redis_host: h, redis_password: "p@ss/w:rd#1%" }
`)
  const { file, remarks } = convertWith(50)
  assert.deepEqual(file['retry'], { attempts: 20 })
  assert.deepEqual(file['state'], { redis: 'redis://:p%40ss%2Fw%3Ard%231%25@h:6379' })
  assert.deepEqual(remarks, ['3: 50 retries became 20 attempts'])
  assert.deepEqual(convertWith(-1).file['retry'], { attempts: 1 })
  assert.deepEqual(convertWith(3).remarks, [])
})
