import type { Loss } from '#canonical/loss.ts'
import type { Json, Request } from '#canonical/request.ts'
import { compact, entryOf } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { takesFieldsOf } from '../quirks.ts'
import { lossOfField } from '../unknown-fields.ts'
import { fittedUserId, openaiUserIdLength } from '../user-id.ts'
import { searchField, searchTool } from './web-search.ts'

type Written = { readonly fields: Json; readonly losses: readonly Loss[] }

/** Fields that change nothing of the answer: sent where they are OpenAI's own, else named. */
export function writeHints(request: Request, { quirks }: EncodeTarget): Written {
  const { tier, endUser, cache, metadata, dialect, state } = request
  const given = compact({
    service_tier: tier,
    safety_identifier: endUser,
    prompt_cache_key: cache?.key,
    metadata,
  })
  const known: Json = {
    ...given,
    service_tier: dialect === 'openai-responses' ? tier : entryOf(tiers, tier ?? ''),
    safety_identifier: endUser === undefined ? undefined : fittedUserId(endUser, openaiUserIdLength),
    // It lies with the answer, which is not kept unless the client wants it.
    metadata: state?.store === true ? metadata : undefined,
  }
  const taken = takesFieldsOf(quirks, 'openai') ? compact(known) : {}
  const losses = Object.keys(given)
    .filter((field) => !(field in taken))
    .map((field): Loss => ({ field, severity: 'drop', reason: 'the provider has no use for it' }))
  return { fields: taken, losses }
}

/** Service tiers of other dialects as OpenAI spells them. */
const tiers: Readonly<Record<string, string>> = {
  auto: 'auto',
  default: 'default',
  standard: 'default',
  standard_only: 'default',
  flex: 'flex',
  priority: 'priority',
}

/**
 * Fields of the client's dialect without a meaning elsewhere go on to its own vendor (two of them with what they extend); all
 * others are named.
 */
export function writeExt(request: Request, target: EncodeTarget): Written {
  const { dialect, ext, cache } = request
  const losses: Loss[] = []
  if (cache?.ref !== undefined)
    losses.push({ field: 'cachedContent', severity: 'refuse', reason: 'the cached content lies at another vendor' })
  if (dialect === 'openai-responses' && takesFieldsOf(target.quirks, 'openai')) {
    const { include: _include, reasoning: _reasoning, ...fields } = ext
    return { fields, losses }
  }
  const searches = searchTool(request, target) !== undefined
  const lost = Object.keys(ext).filter((field) => field !== searchField || !searches)
  losses.push(...lost.map((field) => lossOfField(field, request)))
  return { fields: {}, losses }
}
