import type { Finish } from '#canonical/answer.ts'
import type { Json } from '#canonical/request.ts'
import { asObject, asString } from '#lib/json.ts'

/** What status, reason and content together mean. A status that is missing counts as completed: some servers leave it out. */
export function finishOf(response: Json, called: boolean, refused: boolean): Finish {
  const status = asString(response['status']) ?? 'completed'
  if (status !== 'incomplete') return { reason: called ? 'tool_calls' : refused ? 'refusal' : 'stop', raw: status }
  const raw = asString(asObject(response['incomplete_details'])['reason']) ?? status
  switch (raw) {
    case 'max_output_tokens':
    case 'max_tokens':
    case 'length':
      return { reason: 'length', raw }
    case 'content_filter':
      return { reason: 'content_filter', raw }
    default:
      return { reason: 'other', raw }
  }
}

/** How the response object tells its end. */
export type Closing = { readonly status: 'completed' | 'incomplete'; readonly details: Json | null }

/** The status that OpenAI's SDKs know; a refusal without words has no other sign than the filter's. */
export function closingOf({ reason }: Finish, hasRefusalText: boolean): Closing {
  switch (reason) {
    case 'length':
    case 'context_window':
    case 'pause':
      return { status: 'incomplete', details: { reason: 'max_output_tokens' } }
    case 'content_filter':
      return { status: 'incomplete', details: { reason: 'content_filter' } }
    case 'refusal':
      return hasRefusalText ? completed : { status: 'incomplete', details: { reason: 'content_filter' } }
    default:
      return completed
  }
}

const completed: Closing = { status: 'completed', details: null }
