import { isStream, type Recording } from '../support/recordings.ts'
import type { Reading, Unusable } from './expected.ts'
import { readChat } from './oracle-chat.ts'
import { readConverse } from './oracle-converse.ts'
import { readGemini } from './oracle-gemini.ts'
import { readMessages } from './oracle-messages.ts'
import { readResponses } from './oracle-responses.ts'

/** What a recording says, read without any code of the product. */
export function oracle(recording: Recording): Reading | Unusable {
  if (recording.response.status !== 200) return { unusable: `status ${recording.response.status}` }
  const stream = isStream(recording)
  switch (recording.api) {
    case 'chat':
      return recording.provider === 'cohere' ? { unusable: 'a format of its own' } : readChat(recording, stream)
    case 'messages':
      return readMessages(recording, stream)
    case 'generate-content':
      return readGemini(recording, stream)
    case 'responses':
      return readResponses(recording, stream)
    case 'converse':
      return readConverse(recording, stream)
    default:
      return { unusable: `api ${recording.api}` }
  }
}
