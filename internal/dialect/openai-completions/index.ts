import type { Dialect } from '../dialect.ts'
import { decodeError, encodeError } from '../openai-error.ts'
import { decodeAnswer } from './decode-answer.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeStream } from './decode-stream.ts'
import { encodeAnswer } from './encode-answer.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeStream } from './encode-stream.ts'
import { passthrough } from './passthrough.ts'

/**
 * OpenAI's legacy text completions. A provider that serves them gets them as they are; for every other a prompt is one
 * message of the user.
 */
export const openaiCompletions: Dialect = {
  name: 'openai-completions',
  routes: [{ method: 'POST', path: '/v1/completions', operation: 'generate' }],
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
}
