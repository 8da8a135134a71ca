import type { Dialect } from '../dialect.ts'
import { decodeError, encodeError } from '../openai-error.ts'
import { decodeAnswer } from './decode-answer.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeStream } from './decode-stream.ts'
import { encodeAnswer } from './encode-answer.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeStream } from './encode-stream.ts'
import { passthrough } from './passthrough.ts'
import { references } from './references.ts'

/** OpenAI Responses, and what is compatible with it. */
export const openaiResponses: Dialect = {
  name: 'openai-responses',
  routes: [{ method: 'POST', path: '/v1/responses', operation: 'generate' }],
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
  references,
}
