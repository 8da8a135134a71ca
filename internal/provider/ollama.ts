import { plainTraits } from '#dialect/quirks.ts'
import type { Provider } from './provider.ts'

/** Ollama. OpenAI Chat Completions with its own habits. Source: github.com/ollama/ollama, docs/openai.md. */
export const ollama: Provider = {
  type: 'ollama',
  title: 'Ollama',
  baseUrl: 'http://127.0.0.1:11434/v1',
  auth: { kind: 'header', header: 'authorization', scheme: 'Bearer' },
  keyOptional: true,
  dialectOf: () => 'openai-chat',
  quirksOf: () => ({
    vendor: 'ollama',
    textCompletions: true,
    rejects: ['logit_bias', 'n', 'user'],
    chat: { reasoningControl: 'reasoning_effort', reasoningBack: 'reasoning' },
  }),
  traitsOf: () => plainTraits,
  probe: { method: 'GET', path: '/models' },
  source: 'github.com/ollama/ollama, docs/openai.md',
}
