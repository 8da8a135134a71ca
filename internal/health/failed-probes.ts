/** Probes of providers that failed, one after another. */
export type FailedProbes = {
  readonly failed: (provider: string, nowMs: number) => void
  /** The provider lives: what failed before is forgotten. */
  readonly succeeded: (provider: string) => void
  /** Whether the last two have failed, both after this moment: one alone may have had bad luck. */
  readonly twiceSince: (provider: string, sinceMs: number) => boolean
}

export function createFailedProbes(): FailedProbes {
  /** When the last one failed, and the one before it. */
  const failures = new Map<string, { readonly lastMs: number; readonly beforeMs: number }>()
  return {
    failed(provider, nowMs) {
      failures.set(provider, { lastMs: nowMs, beforeMs: failures.get(provider)?.lastMs ?? Number.NEGATIVE_INFINITY })
    },
    succeeded: (provider) => void failures.delete(provider),
    twiceSince: (provider, sinceMs) => (failures.get(provider)?.beforeMs ?? Number.NEGATIVE_INFINITY) > sinceMs,
  }
}
