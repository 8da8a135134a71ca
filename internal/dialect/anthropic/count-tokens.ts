import type { TokenCounting } from '../dialect.ts'

/** Source: docs.anthropic.com/en/api/messages-count-tokens. What only generation takes is left out. */
export const countTokens: TokenCounting = {
  path: () => '/v1/messages/count_tokens',
  body(request, model) {
    const {
      max_tokens: _limit,
      stream: _stream,
      temperature: _t,
      top_p: _p,
      top_k: _k,
      stop_sequences: _stop,
      metadata: _who,
      service_tier: _tier,
      ...body
    } = request.raw
    return { ...body, model }
  },
  answer: (tokens) => ({ input_tokens: tokens }),
}
