import type { Provider } from './provider.ts'
import { isResponsesOnly, openaiTraits } from './shared/openai-traits.ts'

/** OpenAI. Chat Completions, or Responses with `api: responses`; models that one of them does not serve go by the other. Source: platform.openai.com/docs/api-reference. */
export const openai: Provider = {
  type: 'openai',
  title: 'OpenAI',
  baseUrl: 'https://api.openai.com/v1',
  auth: { kind: 'header', header: 'authorization', scheme: 'Bearer' },
  keyFrom: 'OPENAI_API_KEY',
  apis: ['chat', 'responses'],
  dialectOf: (model, api) => ((api ?? apiOf(model)) === 'responses' ? 'openai-responses' : 'openai-chat'),
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
  statusUrl: 'https://status.openai.com/api/v2/status.json',
  probe: { method: 'GET', path: '/models' },
  source: 'platform.openai.com/docs/api-reference',
}

function apiOf(model: string): 'chat' | 'responses' {
  return isResponsesOnly(model) ? 'responses' : 'chat'
}
