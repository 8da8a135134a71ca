import { plainTraits } from '#dialect/quirks.ts'
import type { Provider } from './provider.ts'

/** Together AI. OpenAI Chat Completions with its own habits. Source: docs.together.ai. */
export const together: Provider = {
  type: 'together',
  title: 'Together AI',
  baseUrl: 'https://api.together.xyz/v1',
  auth: { kind: 'header', header: 'authorization', scheme: 'Bearer' },
  keyFrom: 'TOGETHER_API_KEY',
  dialectOf: () => 'openai-chat',
  quirksOf: () => ({ vendor: 'together', textCompletions: true, chat: { extendedSampling: true } }),
  traitsOf: () => plainTraits,
  probe: { method: 'GET', path: '/models' },
  source: 'docs.together.ai',
}
