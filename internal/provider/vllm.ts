import { plainTraits } from '#dialect/quirks.ts'
import type { Provider } from './provider.ts'

/** vLLM. OpenAI Chat Completions with its own habits. Source: docs.vllm.ai. */
export const vllm: Provider = {
  type: 'vllm',
  title: 'vLLM',
  baseUrl: 'http://127.0.0.1:8000/v1',
  auth: { kind: 'header', header: 'authorization', scheme: 'Bearer' },
  keyOptional: true,
  dialectOf: () => 'openai-chat',
  quirksOf: () => ({
    vendor: 'vllm',
    textCompletions: true,
    chat: { reasoningBack: 'reasoning_content', extendedSampling: true },
  }),
  traitsOf: () => plainTraits,
  probe: { method: 'GET', path: '/models' },
  source: 'docs.vllm.ai',
}
