import type { TokenCounting } from '../dialect.ts'
import { pathOf } from './encode-request.ts'

/** Source: ai.google.dev/api/tokens. */
export const countTokens: TokenCounting = {
  path: (model) => pathOf(model, false).replace(/:generateContent$/, ':countTokens'),
  body: (request) => request.raw,
  answer: (tokens) => ({ totalTokens: tokens }),
}
