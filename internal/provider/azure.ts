import type { Provider } from './provider.ts'
import { openaiTraits } from './shared/openai-traits.ts'

/**
 * Azure OpenAI by its v1 API, whose base URL is `https://{resource}.openai.azure.com/openai/v1`. A model's name is that of its
 * deployment; what it can do is known where that holds the model's own name. Source: learn.microsoft.com/azure/ai-foundry/openai.
 */
export const azure: Provider = {
  type: 'azure',
  title: 'Azure OpenAI',
  auth: { kind: 'header', header: 'api-key', bearer: isEntraToken },
  keyFrom: 'AZURE_OPENAI_API_KEY',
  apis: ['chat', 'responses'],
  dialectOf: (_model, api) => (api === 'responses' ? 'openai-responses' : 'openai-chat'),
  quirksOf: () => ({
    // Encrypted reasoning and files of OpenAI's own service are unknown here.
    vendor: 'azure',
    fieldsOf: 'openai',
    chat: {
      customTools: true,
      maxTokensField: 'max_completion_tokens',
      reasoningControl: 'reasoning_effort',
    },
    responses: { encryptedReasoning: true, customTools: true },
  }),
  traitsOf: openaiTraits,
  probe: { method: 'GET', path: '/models' },
  refineFailure: ({ retryAfterMs, ...failure }, { headers }) => {
    // `retry-after-ms: 0` stands beside `retry-after: 1` in its 429: asking again at once would be refused again.
    const seconds = Number(headers['retry-after'])
    const waitMs = retryAfterMs === 0 && seconds > 0 ? seconds * 1000 : retryAfterMs
    return waitMs === undefined ? failure : { ...failure, retryAfterMs: waitMs }
  },
  source: 'learn.microsoft.com/azure/ai-foundry/openai',
}

/** Entra ID gives JSON Web Tokens, which go as `Authorization: Bearer`; keys are plain letters and digits. */
function isEntraToken(key: string): boolean {
  return /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(key)
}
