import type { Request } from '#canonical/request.ts'
import type { Dialect, DialectRoute } from '../dialect.ts'
import { countTokens } from './count-tokens.ts'
import { decodeAnswer } from './decode-answer.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeStream } from './decode-stream.ts'
import { encodeAnswer } from './encode-answer.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeStream } from './encode-stream.ts'
import { decodeError, encodeError } from './error.ts'
import { passthrough } from './passthrough.ts'

const routes = ['/v1beta', '/v1', '/v1alpha'].flatMap((version): readonly DialectRoute[] => [
  { method: 'POST', path: `${version}/models/{model}:generateContent`, operation: 'generate' },
  { method: 'POST', path: `${version}/models/{model}:streamGenerateContent`, operation: 'generate' },
  { method: 'POST', path: `${version}/models/{model}:countTokens`, operation: 'count_tokens' },
])

/** Gemini's generateContent. */
export const gemini: Dialect = {
  name: 'gemini',
  routes,
  decodeRequest,
  encodeAnswer,
  encodeStream,
  streamContentType: (request: Request) => (request.framing === 'json-array' ? 'application/json' : 'text/event-stream'),
  encodeError,
  encodeRequest,
  decodeAnswer,
  decodeStream,
  decodeError,
  passthrough,
  countTokens,
}
