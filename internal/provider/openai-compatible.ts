import { plainTraits } from '#dialect/quirks.ts'
import type { Provider } from './provider.ts'

/** any server with the OpenAI API. OpenAI Chat Completions with its own habits. Source: platform.openai.com/docs/api-reference/chat. */
export const openaiCompatible: Provider = {
  type: 'openai-compatible',
  title: 'any server with the OpenAI API',
  auth: { kind: 'header', header: 'authorization', scheme: 'Bearer' },
  keyOptional: true,
  dialectOf: () => 'openai-chat',
  quirksOf: () => ({ vendor: 'openai-compatible', textCompletions: true, chat: { gateway: true, outputFromTotal: true } }),
  traitsOf: () => plainTraits,
  probe: { method: 'GET', path: '/models' },
  source: 'platform.openai.com/docs/api-reference/chat',
}
