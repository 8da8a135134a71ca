import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isValidSpanId, isValidTraceId, ROOT_CONTEXT } from '@opentelemetry/api'
import { SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-base'
import { createTraceIds } from './trace-ids.ts'

for (const share of [0, 0.01, 0.5, 1]) {
  test(`trace ids: of a share of ${share} those are kept that OpenTelemetry's sampler keeps`, () => {
    const ids = createTraceIds(share)
    const sampler = new TraceIdRatioBasedSampler(share)
    let kept = 0
    for (let count = 0; count < 5000; count++) {
      const { traceId, spanId, isKept } = ids.beginTrace()
      const { decision } = sampler.shouldSample(ROOT_CONTEXT, traceId)
      assert.equal(isKept, decision === SamplingDecision.RECORD_AND_SAMPLED, traceId)
      assert.ok(isValidTraceId(traceId) && isValidSpanId(spanId), `${traceId} ${spanId}`)
      if (isKept) kept++
    }
    assert.ok(Math.abs(kept / 5000 - share) < 0.05, `${kept} of 5000`)
  })
}

test('trace ids: no two are the same', () => {
  const ids = createTraceIds(1)
  const seen = new Set<string>()
  for (let count = 0; count < 1000; count++) {
    const { traceId, spanId } = ids.beginTrace()
    for (const id of [traceId, spanId, ids.newSpanId()]) seen.add(id)
  }
  assert.equal(seen.size, 3000)
})
