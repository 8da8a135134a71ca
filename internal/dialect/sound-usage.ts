import type { Usage } from '#canonical/answer.ts'

/** The numbers with no part larger than its whole: servers have told of more cached or reasoning tokens than there were. */
export function soundUsage(usage: Usage): Usage {
  const { input, output, cacheWrite1h } = usage
  const cacheRead = Math.min(usage.cacheRead, input)
  // What was read and what was written are different tokens; servers have told of the same ones as both.
  const cacheWrite = Math.min(usage.cacheWrite, input - cacheRead)
  const sound = { ...usage, cacheRead, cacheWrite, reasoning: Math.min(usage.reasoning, output) }
  return cacheWrite1h === undefined ? sound : { ...sound, cacheWrite1h: Math.min(cacheWrite1h, cacheWrite) }
}
