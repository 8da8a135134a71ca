import { plainTraits } from '#dialect/quirks.ts'
import type { Provider } from './provider.ts'
import { traitsFrom } from './shared/traits.ts'

/** Mistral. OpenAI Chat Completions with its own habits. Source: docs.mistral.ai/api. */
export const mistral: Provider = {
  type: 'mistral',
  title: 'Mistral',
  baseUrl: 'https://api.mistral.ai/v1',
  auth: { kind: 'header', header: 'authorization', scheme: 'Bearer' },
  keyFrom: 'MISTRAL_API_KEY',
  dialectOf: () => 'openai-chat',
  quirksOf: () => ({
    embeddings: { dimensionsField: 'output_dimension' },
    vendor: 'mistral',
    passthrough: false,
    rejects: ['logit_bias', 'logprobs', 'top_logprobs', 'user'],
    accepts: ['safe_prompt'],
    chat: {
      media: 'mistral',
      seedField: 'random_seed',
      requiredChoice: 'any',
      shortToolIds: true,
      noUserAfterTool: true,
      reasoningControl: 'mistral_effort',
      reasoningBack: 'content_thinking',
      streamOptions: false,
      prefill: 'prefix',
    },
  }),
  traitsOf: traitsFrom(
    [[/magistral|medium-3-5|small-4/, { reasoning: { kind: 'effort', efforts: ['none', 'high'] }, maxTemperature: 1.5 }]],
    { ...plainTraits, maxTemperature: 1.5, prefill: true },
  ),
  probe: { method: 'GET', path: '/models' },
  source: 'docs.mistral.ai/api',
}
