import { isObject } from '#lib/json.ts'
import type { TokenCounting } from '../dialect.ts'
import { pathOf } from './encode-request.ts'

/** Source: ai.google.dev/api/tokens. Of its two forms the longer one names the model in the body, too. */
export const countTokens: TokenCounting = {
  path: (model) => pathOf(model, false).replace(/:generateContent$/, ':countTokens'),
  body({ raw }, model) {
    const name = 'generate_content_request' in raw ? 'generate_content_request' : 'generateContentRequest'
    const inner = raw[name]
    return isObject(inner) ? { ...raw, [name]: { ...inner, model: `models/${model}` } } : raw
  },
  answer: (tokens) => ({ totalTokens: tokens }),
}
