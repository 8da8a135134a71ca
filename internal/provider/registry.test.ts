import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Failure } from '#canonical/failure.ts'
import { findProvider, providerTypes } from './registry.ts'
import { anyVendorTraits } from './shared/any-vendor-traits.ts'
import { claudeTraits } from './shared/claude-traits.ts'

for (const type of providerTypes) {
  test(`provider ${type}: its facts are sound`, () => {
    const provider = findProvider(type)
    assert.equal(provider?.type, type)
    if (provider?.baseUrl !== undefined && provider.baseUrlOf === undefined) assert.ok(URL.canParse(provider.baseUrl))
    assert.match(provider?.probe.path ?? '', /^\//)
    if (provider?.auth.kind === 'header') assert.equal(provider.auth.header, provider.auth.header.toLowerCase())
    assert.ok((provider?.quirksOf('some-model').vendor ?? '') !== '')
  })
}

const families: readonly { model: string; sampling: string; forcedTool: string; prefill: boolean }[] = [
  { model: 'claude-3-5-haiku-20241022', sampling: 'one', forcedTool: 'unless_reasoning', prefill: true },
  { model: 'claude-sonnet-4-5', sampling: 'one', forcedTool: 'unless_reasoning', prefill: true },
  { model: 'claude-sonnet-4-6', sampling: 'one', forcedTool: 'yes', prefill: false },
  { model: 'claude-sonnet-5-20260401', sampling: 'none', forcedTool: 'yes', prefill: false },
  { model: 'claude-opus-5-20260401', sampling: 'none', forcedTool: 'yes', prefill: false },
  { model: 'claude-opus-5-5', sampling: 'none', forcedTool: 'no', prefill: false },
  { model: 'claude-haiku-5-5', sampling: 'none', forcedTool: 'yes', prefill: false },
  { model: 'claude-fable-5', sampling: 'none', forcedTool: 'yes', prefill: false },
  { model: 'claude-fable-5-20260401', sampling: 'none', forcedTool: 'yes', prefill: false },
  { model: 'claude-fable-5-1', sampling: 'none', forcedTool: 'no', prefill: false },
  { model: 'claude-fable-5-2-20261001', sampling: 'none', forcedTool: 'no', prefill: false },
  { model: 'claude-of-the-future', sampling: 'none', forcedTool: 'no', prefill: false },
]

for (const { model, ...expected } of families) {
  test(`traits: ${model}`, () => {
    const { sampling, forcedTool, prefill } = claudeTraits(model)
    assert.deepEqual({ sampling, forcedTool, prefill }, expected)
  })
}

test('traits: names with dots, as relays of every vendor write them, are of the same family', () => {
  assert.deepEqual(anyVendorTraits('anthropic/claude-opus-4.5').reasoning, claudeTraits('claude-opus-4-5').reasoning)
})

const limited: Failure = { kind: 'rate_limit', phase: 'headers', message: 'RateLimitReached', retryAfterMs: 0 }

test('azure: `retry-after-ms: 0` does not overrule the second that stands beside it', () => {
  const facts = { status: 429, headers: { 'retry-after': '1', 'retry-after-ms': '0' }, body: '' }
  assert.equal(findProvider('azure')?.refineFailure?.(limited, facts).retryAfterMs, 1000)
})

test('azure: a wait that is more than nothing stays as it is', () => {
  const facts = { status: 429, headers: { 'retry-after': '5', 'retry-after-ms': '4200' }, body: '' }
  assert.equal(findProvider('azure')?.refineFailure?.({ ...limited, retryAfterMs: 4200 }, facts).retryAfterMs, 4200)
  const { retryAfterMs: _none, ...unlimited } = limited
  assert.deepEqual(findProvider('azure')?.refineFailure?.(unlimited, { ...facts, headers: {} }), unlimited)
})

test('vertex: every location has its host', () => {
  const hostOf = (location?: string) => findProvider('vertex')?.baseUrlOf?.(location === undefined ? {} : { location })
  assert.equal(hostOf(), 'https://aiplatform.googleapis.com')
  assert.equal(hostOf('global'), 'https://aiplatform.googleapis.com')
  assert.equal(hostOf('eu'), 'https://aiplatform.eu.rep.googleapis.com')
  assert.equal(hostOf('us-east5'), 'https://us-east5-aiplatform.googleapis.com')
})

test('vertex: versions behind an @ are of their family', () => {
  const traits = findProvider('vertex')?.traitsOf('claude-opus-4@20250514')
  assert.deepEqual(traits, claudeTraits('claude-opus-4-20250514'))
})
