import { plainTraits } from '#dialect/quirks.ts'
import type { Provider } from './provider.ts'
import { traitsFrom } from './shared/traits.ts'

/** Cohere, through its OpenAI compatibility layer. Source: docs.cohere.com/docs/compatibility-api. */
export const cohere: Provider = {
  type: 'cohere',
  title: 'Cohere',
  baseUrl: 'https://api.cohere.ai/compatibility/v1',
  auth: { kind: 'header', header: 'authorization', scheme: 'Bearer' },
  keyFrom: 'CO_API_KEY',
  dialectOf: () => 'openai-chat',
  quirksOf: () => ({
    vendor: 'cohere',
    // The layer's own list of what it does not take.
    rejects: [
      'store',
      'metadata',
      'logit_bias',
      'top_logprobs',
      'n',
      'modalities',
      'prediction',
      'audio',
      'service_tier',
      'parallel_tool_calls',
    ],
    chat: { reasoningControl: 'reasoning_effort', media: 'none' },
  }),
  traitsOf: traitsFrom(
    [
      // Only these two words are taken; it reasons when nothing is said.
      [/reasoning|command-a-plus/, { maxTemperature: 1, reasoning: { kind: 'effort', efforts: ['none', 'high'] } }],
    ],
    { ...plainTraits, maxTemperature: 1 },
  ),
  // The list of models lies outside the layer; here only its answer counts, which is not that of a dead server.
  statusUrl: 'https://status.cohere.com/api/v2/status.json',
  probe: { method: 'GET', path: '/models' },
  source: 'docs.cohere.com/docs/compatibility-api',
}
