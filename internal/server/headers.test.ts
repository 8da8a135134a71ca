import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forwardedHeaders, readHints, requestIdOf } from './headers.ts'

test('headers: only the allow-list goes to a provider', () => {
  const kept = forwardedHeaders({
    authorization: 'Bearer secret',
    cookie: 'a=b',
    'x-api-key': 'k',
    'anthropic-beta': 'x',
    host: 'h',
  })
  assert.deepEqual(kept, { 'anthropic-beta': 'x' })
})

test('headers: a request id is taken over when it is one, else made', () => {
  assert.equal(
    requestIdOf({ 'x-request-id': 'abc-1.2' }, () => 'made'),
    'abc-1.2',
  )
  assert.equal(
    requestIdOf({ 'x-request-id': 'a\nb' }, () => 'made'),
    'made',
  )
  assert.equal(
    requestIdOf({ 'x-request-id': 'x'.repeat(200) }, () => 'made'),
    'made',
  )
  assert.equal(
    requestIdOf({}, () => 'made'),
    'made',
  )
})

test('headers: hints are read', () => {
  const read = readHints(
    {
      'x-outrigger-tier': 'free',
      'x-outrigger-priority': 'high',
      'x-outrigger-tags': 'a, team=legal',
      'x-outrigger-max-cost': '0.05',
      'x-outrigger-timeout': '1.5s',
      'x-outrigger-cache': 'off',
    },
    undefined,
  )
  assert.ok(read.ok)
  const { headers: _headers, ...hints } = read.value
  assert.deepEqual(hints, {
    tier: 'free',
    priority: 'high',
    tags: { a: 'true', team: 'legal' },
    maxCostUsd: 0.05,
    timeoutMs: 1500,
    cacheOff: true,
    client: undefined,
  })
})

const wrong: readonly [string, string][] = [
  ['x-outrigger-priority', 'urgent'],
  ['x-outrigger-max-cost', 'cheap'],
  ['x-outrigger-max-cost', '-1'],
  ['x-outrigger-timeout', '10'],
  ['x-outrigger-timeout', '0s'],
]

for (const [header, value] of wrong) {
  test(`headers: ${header}: ${value} is refused by name`, () => {
    const read = readHints({ [header]: value }, undefined)
    assert.ok(!read.ok)
    assert.equal(read.error.header, header)
  })
}
