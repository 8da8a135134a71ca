import type { Provider } from './provider.ts'
import { traitsFrom } from './shared/traits.ts'

const familyTraits = traitsFrom([
  [/qwq|thinking/, { reasoning: { kind: 'budget', min: 0, max: 38_912 }, forcedTool: 'unless_reasoning' }],
  [
    /qwen(3|-plus|-max|-flash|-turbo)/,
    { reasoning: { kind: 'budget', min: 0, max: 38_912, off: 0 }, forcedTool: 'unless_reasoning', prefill: true },
  ],
])

/** Alibaba Qwen. OpenAI Chat Completions with its own habits. Source: alibabacloud.com/help/en/model-studio. */
export const qwen: Provider = {
  type: 'qwen',
  title: 'Alibaba Qwen',
  baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  auth: { kind: 'header', header: 'authorization', scheme: 'Bearer' },
  keyFrom: 'DASHSCOPE_API_KEY',
  dialectOf: () => 'openai-chat',
  quirksOf: () => ({
    vendor: 'qwen',
    rejects: ['frequency_penalty', 'logit_bias'],
    chat: { reasoningControl: 'qwen_enable_thinking', extendedSampling: true, cacheControl: true, prefill: 'partial' },
  }),
  traitsOf: (model) => ({ ...familyTraits(model), jsonSchema: /qwen3\.(7-(plus|flash|max)|8-)/.test(model) }),
  probe: { method: 'GET', path: '/models' },
  source: 'alibabacloud.com/help/en/model-studio',
}
