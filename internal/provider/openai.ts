import type { Provider } from './provider.ts'
import { openaiTraits } from './shared/openai-traits.ts'

/** OpenAI. Chat Completions, or Responses with `api: responses`. Source: platform.openai.com/docs/api-reference. */
export const openai: Provider = {
  type: 'openai',
  title: 'OpenAI',
  baseUrl: 'https://api.openai.com/v1',
  auth: { kind: 'header', header: 'authorization', scheme: 'Bearer' },
  keyFrom: 'OPENAI_API_KEY',
  apis: ['chat', 'responses'],
  dialectOf: (_model, api) => (api === 'responses' ? 'openai-responses' : 'openai-chat'),
  quirksOf: (model) => ({
    vendor: 'openai',
    // What is left of the models before chat: platform.openai.com/docs/deprecations.
    textCompletions: /^(?:gpt-3\.5-turbo-instruct|davinci-002|babbage-002)/.test(model),
    chat: {
      customTools: true,
      systemRole: 'developer',
      maxTokensField: 'max_completion_tokens',
      reasoningControl: 'reasoning_effort',
    },
    responses: { encryptedReasoning: true, customTools: true },
  }),
  traitsOf: openaiTraits,
  probe: { method: 'GET', path: '/models' },
  source: 'platform.openai.com/docs/api-reference',
}
