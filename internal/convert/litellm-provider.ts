import { asNumber, asObject, asString, type JsonObject } from '#lib/json.ts'
import { findProvider } from '#provider/registry.ts'

/** How LiteLLM names providers that we name otherwise. Source: docs.litellm.ai/docs/providers. */
const types: Readonly<Record<string, string>> = {
  openai: 'openai',
  text_completion_openai: 'openai',
  anthropic: 'anthropic',
  gemini: 'gemini',
  vertex_ai: 'vertex',
  vertex_ai_beta: 'vertex',
  bedrock: 'bedrock',
  azure: 'azure',
  azure_ai: 'azure',
  mistral: 'mistral',
  deepseek: 'deepseek',
  dashscope: 'qwen',
  groq: 'groq',
  xai: 'xai',
  together_ai: 'together',
  openrouter: 'openrouter',
  cohere: 'cohere',
  cohere_chat: 'cohere',
  ollama: 'ollama',
  ollama_chat: 'ollama',
  hosted_vllm: 'vllm',
  vllm: 'vllm',
  litellm_proxy: 'litellm',
}

/** Bases of vendors that speak OpenAI's API and have no type of their own here. */
const bases: Readonly<Record<string, { readonly base: string; readonly key: string }>> = {
  perplexity: { base: 'https://api.perplexity.ai', key: 'PERPLEXITYAI_API_KEY' },
  fireworks_ai: { base: 'https://api.fireworks.ai/inference/v1', key: 'FIREWORKS_AI_API_KEY' },
  deepinfra: { base: 'https://api.deepinfra.com/v1/openai', key: 'DEEPINFRA_API_KEY' },
  cerebras: { base: 'https://api.cerebras.ai/v1', key: 'CEREBRAS_API_KEY' },
  sambanova: { base: 'https://api.sambanova.ai/v1', key: 'SAMBANOVA_API_KEY' },
  nvidia_nim: { base: 'https://integrate.api.nvidia.com/v1', key: 'NVIDIA_NIM_API_KEY' },
  moonshot: { base: 'https://api.moonshot.ai/v1', key: 'MOONSHOT_API_KEY' },
}

/** An entry of `providers`, and the model's name there. */
export type ConvertedProvider = { readonly name: string; readonly model: string; readonly entry: JsonObject }

/** The provider of LiteLLM's `litellm_params`; the text says why there is none. */
export function convertProvider(params: JsonObject): ConvertedProvider | string {
  const given = asString(params['model'])
  if (given === undefined || given === '') return 'litellm_params.model is missing'
  const slash = given.indexOf('/')
  const prefix = asString(params['custom_llm_provider']) ?? (slash > 0 ? given.slice(0, slash) : guess(given))
  const model = slash > 0 && given.slice(0, slash) === prefix ? given.slice(slash + 1) : given
  const base = asString(params['api_base']) ?? asString(params['base_url'])
  const type = types[prefix]
  if (type !== undefined && findProvider(type) !== undefined) return { name: type, model, entry: entryOf(type, params, base) }
  const known = bases[prefix]
  const url = base ?? known?.base
  if (url === undefined) return `${prefix} has no counterpart here, and no api_base tells where it is`
  const key = keyOf(params) ?? (known === undefined ? undefined : `\${${known.key}}`)
  const entry = { type: 'openai-compatible', base_url: environment(url), ...(key === undefined ? {} : { api_key: key }) }
  return { name: nameOf(prefix), model, entry }
}

/** A model without a prefix, as LiteLLM finds its provider. */
function guess(model: string): string {
  if (/^claude/.test(model)) return 'anthropic'
  if (/^gemini/.test(model)) return 'vertex_ai'
  if (/^command/.test(model)) return 'cohere'
  return 'openai'
}

function entryOf(type: string, params: JsonObject, base: string | undefined): JsonObject {
  const vendor = findProvider(type)
  const key = keyOf(params) ?? (vendor?.keyFrom === undefined ? undefined : `\${${vendor.keyFrom}}`)
  const text = (field: string): string | undefined => {
    const value = asString(params[field])
    return value === undefined ? undefined : environment(value)
  }
  const fields: Record<string, unknown> = {}
  if (key !== undefined && type !== 'vertex' && type !== 'bedrock') fields['api_key'] = key
  if (base !== undefined) fields['base_url'] = baseOf(type, base)
  if (type === 'vertex') Object.assign(fields, defined({ project: text('vertex_project'), location: text('vertex_location') }))
  if (type === 'bedrock') Object.assign(fields, defined({ region: text('aws_region_name') }))
  const headers = asObject(params['extra_headers'])
  if (Object.keys(headers).length > 0) fields['headers'] = headers
  const limits = defined({ rpm: asNumber(params['rpm']), tpm: asNumber(params['tpm']) })
  if (Object.keys(limits).length > 0) fields['limits'] = limits
  return fields
}

/** LiteLLM adds the path of Azure and of Ollama to the address; here the base URL has it. */
function baseOf(type: string, base: string): string {
  const url = environment(base).replace(/\/+$/, '')
  if (type === 'ollama') return /\/v1$/.test(url) || url.includes('${') ? url : `${url}/v1`
  return type === 'azure' && !/\/openai\/v1$/.test(url) && !url.includes('${') ? `${url}/openai/v1` : url
}

function keyOf(params: JsonObject): string | undefined {
  const key = asString(params['api_key'])
  return key === undefined ? undefined : environment(key)
}

/** `os.environ/NAME` → `${NAME}`. */
export function environment(text: string): string {
  return text.replace(/^os\.environ\/(\w+)$/, '$${$1}')
}

function nameOf(prefix: string): string {
  return prefix.replace(/[^\w-]/g, '-')
}

function defined(fields: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
