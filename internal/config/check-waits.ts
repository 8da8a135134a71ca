import type { Report } from './report.ts'
import type { RetryConfig } from './schema/retry.ts'
import type { Filled } from './schema/routing-file.ts'
import type { TimeoutsConfig } from './schema/timeouts.ts'

/** Durations that contradict each other, at the top and where models and providers refine them. */
export function checkWaits(data: Filled, report: Report): void {
  checkBackoff(data.retry, ['retry'], report)
  checkTimeouts(data.timeouts, ['timeouts'], report)
  if (data.breaker.max_open_for < data.breaker.open_for) {
    report(['breaker', 'max_open_for'], 'the longest time it stays open is shorter than the first')
  }
  if (data.health.probe !== 'off' && data.health.timeout > data.health.interval) {
    report(['health', 'timeout'], 'a probe may take longer than the time between two')
  }
  for (const [name, { timeouts }] of Object.entries(data.providers)) {
    if (timeouts !== undefined) checkTimeouts(timeouts, ['providers', name, 'timeouts'], report)
  }
  for (const [name, { retry, timeouts }] of Object.entries(data.models)) {
    if (retry !== undefined) checkBackoff(retry, ['models', name, 'retry'], report)
    if (timeouts !== undefined) checkTimeouts(timeouts, ['models', name, 'timeouts'], report)
  }
}

function checkBackoff({ backoff }: RetryConfig, path: readonly string[], report: Report): void {
  if (backoff.max < backoff.base) report([...path, 'backoff', 'max'], 'the longest wait is shorter than the first')
}

function checkTimeouts({ first_token, idle, total }: TimeoutsConfig, path: readonly string[], report: Report): void {
  const late = { hint: 'it never comes into effect', severity: 'warning' } as const
  if (first_token !== 'auto' && first_token > total) report([...path, 'first_token'], 'first_token is longer than total', late)
  if (idle > total) report([...path, 'idle'], 'idle is longer than total', late)
}
