import type { Provider } from './provider.ts'
import { claudeTraits } from './shared/claude-traits.ts'

/** Anthropic. Source: docs.anthropic.com/en/api/messages. */
export const anthropic: Provider = {
  type: 'anthropic',
  title: 'Anthropic',
  baseUrl: 'https://api.anthropic.com',
  auth: { kind: 'header', header: 'x-api-key' },
  keyFrom: 'ANTHROPIC_API_KEY',
  headers: { 'anthropic-version': '2023-06-01' },
  dialectOf: () => 'anthropic',
  quirksOf: () => ({ vendor: 'anthropic' }),
  traitsOf: claudeTraits,
  statusUrl: 'https://status.claude.com/api/v2/status.json',
  probe: { method: 'GET', path: '/v1/models' },
  source: 'docs.anthropic.com/en/api',
}
