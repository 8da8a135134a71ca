import type { Loss } from '#canonical/loss.ts'

/** The output limit as it is sent, and the loss when that is not what was asked for. */
export type OutputLimit = { readonly tokens?: number; readonly losses: readonly Loss[] }

/**
 * A client's output limit within what is taken: one outside of it is refused by most servers.
 * @param asked tokens; undefined when the client gave no limit, which stays so
 * @param most tokens that the model gives at most, where known
 * @param least tokens that the provider takes at least
 */
export function outputLimit(asked: number | undefined, most: number | undefined, least = 0): OutputLimit {
  if (asked === undefined) return { losses: [] }
  const named = (tokens: number, reason: string): OutputLimit => ({
    tokens,
    losses: [{ field: 'max_tokens', severity: 'drop', reason }],
  })
  if (most !== undefined && asked > most) return named(most, `the model gives ${most} tokens at most`)
  return asked < least ? named(least, `the limit is ${least} tokens at least`) : { tokens: asked, losses: [] }
}
