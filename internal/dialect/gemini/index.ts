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

/** Google's own names begin with `models/`; a client that is given a name with a slash in it leaves that out (the AI SDK). */
const routes = ['/v1beta/models', '/v1/models', '/v1alpha/models', '/v1beta', '/v1', '/v1alpha'].flatMap(
  (folder): readonly DialectRoute[] => [
    { method: 'POST', path: `${folder}/{model}:generateContent`, operation: 'generate' },
    { method: 'POST', path: `${folder}/{model}:streamGenerateContent`, operation: 'generate' },
    { method: 'POST', path: `${folder}/{model}:countTokens`, operation: 'count_tokens' },
  ],
)

/** Gemini's generateContent. */
export const gemini: Dialect = {
  name: 'gemini',
  routes,
  decodeRequest,
  encodeAnswer,
  encodeStream,
  streamContentType: (request: Request) => (request.framing === 'json-array' ? 'application/json' : 'text/event-stream'),
  // Google's SDK for Python (google-genai 3.4) takes every line that does not begin with `data: ` as JSON, and fails.
  streamComments: false,
  encodeError,
  encodeRequest,
  decodeAnswer,
  decodeStream,
  decodeError,
  passthrough,
  countTokens,
}
