import type { Provider } from './provider.ts'
import { geminiTraits } from './shared/gemini-traits.ts'

/** Google's Gemini API. Source: ai.google.dev/api. */
export const gemini: Provider = {
  type: 'gemini',
  title: 'Google Gemini',
  baseUrl: 'https://generativelanguage.googleapis.com',
  auth: { kind: 'header', header: 'x-goog-api-key' },
  keyFrom: 'GEMINI_API_KEY',
  dialectOf: () => 'gemini',
  quirksOf: () => ({ vendor: 'gemini' }),
  traitsOf: geminiTraits,
  probe: { method: 'GET', path: '/v1beta/models' },
  source: 'ai.google.dev/api',
}
