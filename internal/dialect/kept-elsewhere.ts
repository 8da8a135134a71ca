import type { Loss } from '#canonical/loss.ts'
import type { Request } from '#canonical/request.ts'

/** What only the provider that keeps the conversation can know, lost on every other. */
export function lossesOfState({ state }: Request): readonly Loss[] {
  if (state === undefined) return []
  const fields: readonly (readonly [string, boolean])[] = [
    ['previous_response_id', state.previousResponseId !== undefined],
    ['conversation', state.conversation !== undefined],
    ['background', state.background === true],
    ['prompt', state.prompt !== undefined],
  ]
  return fields
    .filter(([, used]) => used)
    .map(([field]) => ({
      field,
      severity: 'refuse',
      reason: 'it refers to what another provider keeps; send the whole conversation instead',
    }))
}
