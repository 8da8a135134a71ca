import type { Loss } from '#canonical/loss.ts'
import type { Json } from '#canonical/request.ts'
import { fieldsThat } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'

/** What the provider's own documents say that it refuses. */
export function withoutRejected(body: Json, { quirks }: EncodeTarget): { readonly kept: Json; readonly losses: readonly Loss[] } {
  const rejected = new Set((quirks.rejects ?? []).filter((name) => name in body))
  const losses = [...rejected].map((field): Loss => ({ field, severity: 'drop', reason: 'the provider refuses it' }))
  return {
    kept: rejected.size === 0 ? body : fieldsThat(body, (name) => !rejected.has(name)),
    losses,
  }
}
