import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LimitHints, readLimits } from './read-limits.ts'

const date = 'Mon, 23 Nov 2026 12:00:00 GMT'
const sentMs = Date.parse(date)

const cases: readonly { name: string; headers: Readonly<Record<string, string>>; hints: LimitHints }[] = [
  { name: 'no limits', headers: { 'content-type': 'application/json' }, hints: {} },
  {
    name: 'requests and tokens with durations: the scarcer counts',
    headers: {
      'x-ratelimit-limit-requests': '5000',
      'x-ratelimit-remaining-requests': '4999',
      'x-ratelimit-reset-requests': '12ms',
      'x-ratelimit-limit-tokens': '160000',
      'x-ratelimit-remaining-tokens': '8000',
      'x-ratelimit-reset-tokens': '6m1.5s',
    },
    hints: { headroom: 0.05, resetMs: 361_500 },
  },
  {
    name: 'the field at the end, the moment as RFC 3339',
    headers: {
      date,
      'acme-ratelimit-input-tokens-limit': '1000',
      'acme-ratelimit-input-tokens-remaining': '0',
      'acme-ratelimit-input-tokens-reset': '2026-11-23T12:00:20Z',
    },
    hints: { headroom: 0, resetMs: 20_000 },
  },
  {
    name: 'of two that are used up the longer wait counts',
    headers: {
      'x-ratelimit-limit-requests': '5',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-limit-tokens': '5',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '1m',
    },
    hints: { headroom: 0, resetMs: 60_000 },
  },
  {
    name: 'a moment in the past is now',
    headers: {
      date,
      'acme-ratelimit-requests-limit': '10',
      'acme-ratelimit-requests-remaining': '0',
      'acme-ratelimit-requests-reset': '2026-11-23T11:00:00Z',
    },
    hints: { headroom: 0, resetMs: 0 },
  },
  {
    name: 'without a kind, in seconds',
    headers: { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '30', 'x-ratelimit-reset': '2' },
    hints: { headroom: 0.5, resetMs: 2000 },
  },
  {
    name: 'without a kind, milliseconds since the epoch',
    headers: { date, 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(sentMs + 7000) },
    hints: { headroom: 0, resetMs: 7000 },
  },
  {
    name: 'without a kind, seconds since the epoch',
    headers: { date, 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(sentMs / 1000 + 7) },
    hints: { headroom: 0, resetMs: 7000 },
  },
  {
    name: 'per minute, without a reset',
    headers: {
      'x-ratelimit-limit-req-minute': '100',
      'x-ratelimit-remaining-req-minute': '40',
      'x-ratelimit-tokens-query-cost': '25',
    },
    hints: { headroom: 0.4 },
  },
  {
    name: 'limits of images do not concern ordinary requests',
    headers: { 'x-ratelimit-limit-input-images': '10', 'x-ratelimit-remaining-input-images': '0' },
    hints: {},
  },
  { name: 'a limit of 0 is none that is known', headers: { 'x-ratelimit-limit': '0', 'x-ratelimit-remaining': '0' }, hints: {} },
  { name: 'nonsense is passed over', headers: { 'x-ratelimit-remaining': 'many', 'retry-after': 'later' }, hints: {} },
  { name: 'seconds to wait', headers: { 'retry-after': '2' }, hints: { retryAfterMs: 2000 } },
  { name: 'parts of a second to wait', headers: { 'retry-after': '0.5' }, hints: { retryAfterMs: 500 } },
  {
    name: 'a date to wait for',
    headers: { date, 'retry-after': 'Mon, 23 Nov 2026 12:00:30 GMT' },
    hints: { retryAfterMs: 30_000 },
  },
  { name: 'milliseconds win', headers: { 'retry-after': '2', 'retry-after-ms': '1500' }, hints: { retryAfterMs: 1500 } },
  { name: 'but not when they are 0', headers: { 'retry-after': '1', 'retry-after-ms': '0' }, hints: { retryAfterMs: 1000 } },
]

for (const { name, headers, hints } of cases) {
  test(`limits in headers: ${name}`, () => {
    // A clock that is an hour wrong does no harm where the answer has a date.
    assert.deepEqual(readLimits(headers, sentMs + 3_600_000), hints)
  })
}
