import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sumUsage } from './sum-usage.ts'

const line = (facts: object): string => JSON.stringify({ level: 'info', message: 'request finished', outcome: 'ok', ...facts })
const lines = [
  line({ time: '2026-01-05T23:59:59.000Z', client: 'web', target: 'a/x', input_tokens: 10, output_tokens: 5, cost_usd: 0.5 }),
  line({
    time: '2026-01-06T00:00:01.000Z',
    client: 'web',
    target: 'b/y',
    input_tokens: 20,
    output_tokens: 1,
    cost_usd: 0.25,
    wasted_usd: 0.125,
  }),
  line({ time: '2026-01-06T10:00:00.000Z', outcome: 'failed' }),
  JSON.stringify({ message: 'mirrored request finished', time: '2026-01-06T10:00:00.000Z', client: 'web', cost_usd: 9 }),
  JSON.stringify({ message: 'failover' }),
  JSON.stringify({
    message: 'cache embedding finished',
    time: '2026-01-05T10:00:00.000Z',
    client: 'web',
    target: 'a/x',
    cost_usd: 0.5,
  }),
  '{"message":"request finished" broken',
]

test("usage: by client, what had none apart; the cache's vectors cost, but are no requests", () => {
  const sums = sumUsage(lines, ['client'])
  assert.deepEqual(
    sums.map(({ group, requests, failed, inputTokens, costUsd, wastedUsd }) => [
      group.client,
      requests,
      failed,
      inputTokens,
      costUsd,
      wastedUsd,
    ]),
    [
      ['', 1, 1, 0, 0, 0],
      ['web', 2, 0, 30, 1.25, 0.125],
    ],
  )
})

test('usage: by day and target', () => {
  assert.deepEqual(
    sumUsage(lines, ['day', 'target']).map(({ group }) => group),
    [
      { day: '2026-01-05', target: 'a/x' },
      { day: '2026-01-06', target: '' },
      { day: '2026-01-06', target: 'b/y' },
    ],
  )
})

test('usage: nothing in, nothing out', () => assert.deepEqual(sumUsage([], ['day']), []))
