import type { Loss } from '#canonical/loss.ts'
import type { Json, Request } from '#canonical/request.ts'
import { compact, entryOf } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { takesFieldsOf } from '../quirks.ts'
import { lossOfField } from '../unknown-fields.ts'
import { fittedUserId, openaiUserIdLength } from '../user-id.ts'

export type WrittenHints = { readonly fields: Json; readonly losses: readonly Loss[] }

/** Whether the provider takes the fields of a Chat client as they are. */
export function takesClientFields(request: Request, { quirks }: EncodeTarget): boolean {
  return request.dialect === 'openai-chat' && quirks.passthrough !== false
}

/** Fields that only a part of the providers has: sent where they are known, else named as lost. */
export function writeHints(request: Request, target: EncodeTarget): WrittenHints {
  const given = { ...knownFields(request, target), ...request.ext }
  const fields: Record<string, unknown> = {}
  const losses: Loss[] = []
  for (const [field, value] of Object.entries(given)) {
    if (isKept(field, request, target)) fields[field] = value
    else if (!routing.has(field)) losses.push(lossOf(field, value, request))
  }
  if (request.cache?.ref !== undefined)
    losses.push({ field: 'cachedContent', severity: 'refuse', reason: 'the cached content lies at another vendor' })
  return { fields, losses }
}

function knownFields({ tier, endUser, cache, metadata, output }: Request, { quirks }: EncodeTarget): Json {
  const user = endUser === undefined ? undefined : fittedUserId(endUser, openaiUserIdLength)
  return compact({
    service_tier: tier === undefined ? undefined : (entryOf(openaiTiers, tier) ?? tier),
    ...(takesFieldsOf(quirks, 'openai') ? { safety_identifier: user } : { user: endUser }),
    prompt_cache_key: cache?.key,
    metadata,
    verbosity: output.verbosity,
    modalities: output.modalities,
  })
}

function isKept(field: string, request: Request, target: EncodeTarget): boolean {
  const { quirks } = target
  if (routing.has(field)) return quirks.vendor === 'openrouter'
  if (takesClientFields(request, target)) return true
  if (request.dialect === 'openai-chat' && quirks.chat?.accepts?.includes(field) === true) return true
  if (field === 'service_tier') return takesFieldsOf(quirks, 'openai') && Object.hasOwn(openaiTiers, request.tier ?? '')
  return takesFieldsOf(quirks, 'openai') && openaiHints.has(field)
}

/** Service tiers of all dialects as OpenAI spells them. */
const openaiTiers: Readonly<Record<string, string>> = {
  auto: 'auto',
  default: 'default',
  standard: 'default',
  standard_only: 'default',
  flex: 'flex',
  priority: 'priority',
}

// Not `metadata`: OpenAI refuses it without `store`.
const openaiHints = new Set(['safety_identifier', 'prompt_cache_key', 'verbosity'])

// OpenRouter's fields for choosing a provider are meant for the relay, unless OpenRouter is who is asked.
const routing = new Set(['models', 'provider', 'route', 'preset', 'transforms'])

function lossOf(field: string, value: unknown, request: Request): Loss {
  const reason = 'the provider does not know it'
  if (field !== 'modalities') return lossOfField(field, request, reason)
  const asksMore = Array.isArray(value) && value.some((entry) => entry !== 'text')
  return { field, severity: asksMore ? 'refuse' : 'drop', reason }
}
