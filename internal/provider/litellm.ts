import type { Provider } from './provider.ts'
import { anyVendorTraits } from './shared/any-vendor-traits.ts'

/** LiteLLM proxy. OpenAI Chat Completions with its own habits. Source: docs.litellm.ai. */
export const litellm: Provider = {
  type: 'litellm',
  title: 'LiteLLM proxy',
  auth: { kind: 'header', header: 'authorization', scheme: 'Bearer' },
  keyOptional: true,
  keyFrom: 'LITELLM_API_KEY',
  dialectOf: () => 'openai-chat',
  quirksOf: () => ({
    vendor: 'litellm',
    textCompletions: true,
    chat: { gateway: true, reasoningControl: 'reasoning_effort', reasoningBack: 'reasoning_content' },
  }),
  traitsOf: anyVendorTraits,
  probe: { method: 'GET', path: '/models' },
  source: 'docs.litellm.ai',
}
