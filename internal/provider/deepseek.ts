import type { Provider } from './provider.ts'
import { traitsFrom } from './shared/traits.ts'

/** DeepSeek. OpenAI Chat Completions with its own habits. Source: api-docs.deepseek.com. */
export const deepseek: Provider = {
  type: 'deepseek',
  title: 'DeepSeek',
  baseUrl: 'https://api.deepseek.com',
  auth: { kind: 'header', header: 'authorization', scheme: 'Bearer' },
  keyFrom: 'DEEPSEEK_API_KEY',
  dialectOf: () => 'openai-chat',
  quirksOf: () => ({
    vendor: 'deepseek',
    rejects: ['logit_bias', 'seed', 'n'],
    chat: {
      media: 'none',
      reasoningControl: 'deepseek_thinking',
      reasoningBack: 'reasoning_content',
      responseFormat: 'json_object_only',
      images: false,
    },
  }),
  traitsOf: traitsFrom([
    [
      /reasoner|v4|flash/,
      { reasoning: { kind: 'effort', efforts: ['none', 'low', 'high', 'max'] }, forcedTool: 'unless_reasoning' },
    ],
  ]),
  statusUrl: 'https://status.deepseek.com/api/v2/status.json',
  probe: { method: 'GET', path: '/models' },
  source: 'api-docs.deepseek.com',
}
