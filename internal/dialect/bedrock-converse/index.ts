import type { ProviderDialect } from '../dialect.ts'
import { decodeAnswer } from './decode-answer.ts'
import { decodeStream } from './decode-stream.ts'
import { encodeRequest } from './encode-request.ts'
import { decodeError } from './error.ts'

/** Amazon Bedrock's Converse and ConverseStream. No client speaks it. */
export const bedrockConverse: ProviderDialect = {
  name: 'bedrock-converse',
  framing: 'aws-event-stream',
  encodeRequest,
  decodeAnswer,
  decodeStream,
  decodeError,
}
