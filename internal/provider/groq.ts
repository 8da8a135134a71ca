import type { Provider } from './provider.ts'
import { traitsFrom } from './shared/traits.ts'

/** Groq. OpenAI Chat Completions with its own habits. Source: console.groq.com/docs. */
export const groq: Provider = {
  type: 'groq',
  title: 'Groq',
  baseUrl: 'https://api.groq.com/openai/v1',
  auth: { kind: 'header', header: 'authorization', scheme: 'Bearer' },
  keyFrom: 'GROQ_API_KEY',
  dialectOf: () => 'openai-chat',
  quirksOf: () => ({
    vendor: 'groq',
    rejects: ['logit_bias', 'logprobs', 'top_logprobs', 'n'],
    chat: { reasoningControl: 'reasoning_effort', reasoningBack: 'reasoning' },
  }),
  traitsOf: traitsFrom([
    [/gpt-oss/, { reasoning: { kind: 'effort', efforts: ['low', 'medium', 'high'] } }],
    [/qwen3/, { reasoning: { kind: 'effort', efforts: ['none', 'medium'] } }],
  ]),
  statusUrl: 'https://groqstatus.com/api/v2/status.json',
  probe: { method: 'GET', path: '/models' },
  source: 'console.groq.com/docs',
}
