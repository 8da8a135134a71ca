import type { Provider } from './provider.ts'
import { traitsFrom } from './shared/traits.ts'

/** xAI. OpenAI Chat Completions with its own habits. Source: docs.x.ai. */
export const xai: Provider = {
  type: 'xai',
  title: 'xAI',
  baseUrl: 'https://api.x.ai/v1',
  auth: { kind: 'header', header: 'authorization', scheme: 'Bearer' },
  keyFrom: 'XAI_API_KEY',
  dialectOf: () => 'openai-chat',
  quirksOf: () => ({
    vendor: 'xai',
    rejects: ['logit_bias'],
    chat: { reasoningControl: 'reasoning_effort', reasoningOutsideCompletion: true },
  }),
  traitsOf: traitsFrom([
    [/non-reasoning/, {}],
    [/grok-3-mini|grok-4-3|multi/, { reasoning: { kind: 'effort', efforts: ['low', 'high'] }, stop: false, penalties: false }],
    [/grok-(4|code)/, { stop: false, penalties: false }],
  ]),
  probe: { method: 'GET', path: '/models' },
  source: 'docs.x.ai',
}
