import type { Provider } from './provider.ts'
import { anyVendorTraits } from './shared/any-vendor-traits.ts'

/** TokenMix. OpenAI Chat Completions with its own habits. Source: docs.tokenmix.ai. */
export const tokenmix: Provider = {
  type: 'tokenmix',
  title: 'TokenMix',
  baseUrl: 'https://api.tokenmix.ai/v1',
  auth: { kind: 'header', header: 'authorization', scheme: 'Bearer' },
  keyFrom: 'TOKENMIX_API_KEY',
  dialectOf: () => 'openai-chat',
  quirksOf: () => ({ vendor: 'tokenmix', chat: { gateway: true, reasoningControl: 'reasoning_effort' } }),
  traitsOf: anyVendorTraits,
  probe: { method: 'GET', path: '/models' },
  source: 'docs.tokenmix.ai',
}
