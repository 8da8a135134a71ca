/**
 * Keeps retries a share of requests, so that an outage cannot multiply traffic: all requests draw on it.
 */
export type RetryBudget = {
  /** A client's request arrived. */
  readonly request: (nowMs: number) => void
  /** Whether one more retry may be made; counts it when it may. */
  readonly tryRetry: (nowMs: number) => boolean
}
