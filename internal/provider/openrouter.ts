import type { Provider } from './provider.ts'
import { anyVendorTraits } from './shared/any-vendor-traits.ts'

/** OpenRouter. OpenAI Chat Completions with its own habits. Source: openrouter.ai/docs. */
export const openrouter: Provider = {
  type: 'openrouter',
  title: 'OpenRouter',
  baseUrl: 'https://openrouter.ai/api/v1',
  auth: { kind: 'header', header: 'authorization', scheme: 'Bearer' },
  keyFrom: 'OPENROUTER_API_KEY',
  dialectOf: () => 'openai-chat',
  quirksOf: () => ({
    textCompletions: true,
    vendor: 'openrouter',
    chat: {
      gateway: true,
      systemRole: 'developer',
      reasoningControl: 'openrouter_reasoning',
      reasoningBack: 'reasoning_details',
      extendedSampling: true,
      cacheControl: true,
    },
  }),
  traitsOf: anyVendorTraits,
  probe: { method: 'GET', path: '/models' },
  source: 'openrouter.ai/docs',
}
