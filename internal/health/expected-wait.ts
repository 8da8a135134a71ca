/** What a target will make a request of some size wait, learnt from the requests before. */
export type ExpectedWait = {
  /** A wait in milliseconds; `inputTokens` where the provider counted them. */
  readonly add: (ms: number, inputTokens: number | undefined, nowMs: number) => void
  /** Milliseconds for a prompt of this size; undefined before the first wait. */
  readonly at: (inputTokens: number) => number | undefined
}

/** What is left of the weight of a wait when the next one comes: about the last seven count. */
const kept = 0.85
/** And when nothing came for this long, a new wait says nearly all. */
const forgottenMs = 15_000
/** What a token of the prompt costs in milliseconds as long as nothing else is known: some 5,000 tokens a second. */
const usualMsPerToken = 0.2
/** Prompts that differ by so many tokens begin to tell what a token costs here. */
const tellingTokens = 500

/**
 * A line through the last waits over the size of the prompt, by least squares in which older waits count less and less.
 * Without sizes to compare the line has the usual slope, so that a target which got the short prompts is not taken for the
 * faster one.
 */
export function createExpectedWait(): ExpectedWait {
  let weight = 0
  let tokens = 0
  let waits = 0
  // Weighted sums of squares and products around the means.
  let spread = 0
  let joint = 0
  let lastMs = 0

  return {
    add(ms, inputTokens, nowMs) {
      const left = kept * Math.exp(-Math.max(0, nowMs - lastMs) / forgottenMs)
      lastMs = nowMs
      weight *= left
      spread *= left
      joint *= left
      const size = inputTokens ?? tokens
      const share = 1 / (weight + 1)
      const fromTokens = size - tokens
      const fromWaits = ms - waits
      spread += weight * share * fromTokens * fromTokens
      joint += weight * share * fromTokens * fromWaits
      tokens += share * fromTokens
      waits += share * fromWaits
      weight += 1
    },
    at(inputTokens) {
      if (weight === 0) return undefined
      const doubt = tellingTokens * tellingTokens
      const slope = Math.max(0, (joint + doubt * usualMsPerToken) / (spread + doubt))
      // Far from what was seen the line says little: neither nothing nor less than a part of what was seen.
      return Math.max(waits + slope * (inputTokens - tokens), waits / 10)
    },
  }
}
