import type { Json, Request } from '#canonical/request.ts'
import { asObject, compact, isObject } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'

/** The field with which a Chat client asks OpenAI to search. */
export const searchField = 'web_search_options'

/** The same wish as this API has it: a tool of OpenAI's. Undefined where nobody asked, or OpenAI is not who is asked. */
export function searchTool({ dialect, ext }: Request, { quirks }: EncodeTarget): Json | undefined {
  const asked = ext[searchField]
  if (dialect !== 'openai-chat' || quirks.vendor !== 'openai' || !isObject(asked)) return undefined
  const { approximate, ...location } = asObject(asked['user_location'])
  const user_location = { ...location, ...asObject(approximate) }
  return compact({
    type: 'web_search',
    search_context_size: asked['search_context_size'],
    user_location: Object.keys(user_location).length === 0 ? undefined : user_location,
  })
}
