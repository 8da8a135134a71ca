import { anthropic } from './anthropic.ts'
import { azure } from './azure.ts'
import { bedrock } from './bedrock.ts'
import { cohere } from './cohere.ts'
import { deepseek } from './deepseek.ts'
import { gemini } from './gemini.ts'
import { groq } from './groq.ts'
import { litellm } from './litellm.ts'
import { mistral } from './mistral.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { openaiCompatible } from './openai-compatible.ts'
import { openrouter } from './openrouter.ts'
import type { Provider } from './provider.ts'
import { qwen } from './qwen.ts'
import { together } from './together.ts'
import { tokenmix } from './tokenmix.ts'
import { vertex } from './vertex.ts'
import { vllm } from './vllm.ts'
import { xai } from './xai.ts'

/** One line per provider. */
const all: readonly Provider[] = [
  openai,
  anthropic,
  gemini,
  deepseek,
  qwen,
  mistral,
  openrouter,
  tokenmix,
  litellm,
  groq,
  xai,
  together,
  cohere,
  azure,
  vertex,
  bedrock,
  ollama,
  vllm,
  openaiCompatible,
]

const byType = new Map(all.map((provider) => [provider.type, provider]))

/** The words that `type` may have. */
export const providerTypes: readonly string[] = [...byType.keys()]

export function findProvider(type: string): Provider | undefined {
  return byType.get(type)
}
