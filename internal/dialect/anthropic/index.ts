import type { Dialect } from '../dialect.ts'
import { countTokens } from './count-tokens.ts'
import { decodeAnswer } from './decode-answer.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeStream } from './decode-stream.ts'
import { encodeAnswer } from './encode-answer.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeStream } from './encode-stream.ts'
import { decodeError, encodeError } from './error.ts'
import { passthrough } from './passthrough.ts'

/** Anthropic Messages. */
export const anthropic: Dialect = {
  name: 'anthropic',
  routes: [
    { method: 'POST', path: '/v1/messages', operation: 'generate' },
    { method: 'POST', path: '/v1/messages/count_tokens', operation: 'count_tokens' },
  ],
  decodeRequest,
  encodeAnswer,
  encodeStream,
  streamContentType: () => 'text/event-stream',
  encodeError,
  encodeRequest,
  decodeAnswer,
  decodeStream,
  decodeError,
  passthrough,
  countTokens,
}
