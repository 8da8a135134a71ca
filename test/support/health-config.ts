import type { HealthConfig } from '#health/store.ts'

/** The breaker as a routing file without a block `breaker` has it. */
export const usualBreaker: HealthConfig['breaker'] = {
  consecutive_errors: 3,
  error_rate: 0.5,
  min_requests: 20,
  open_for: 30_000,
  max_open_for: 300_000,
  return: 'gradual',
}
