import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerEvent } from '#canonical/answer.ts'
import type { EncodeTarget } from '#dialect/dialect.ts'
import { dialects } from '#dialect/registry.ts'
import { drillRequest, type Received } from './ask.ts'
import { drillFaults, planFor } from './faults.ts'
import { isExpected, judge, read, type Verdict } from './verdict.ts'

const whole = 'one two three'
const target: EncodeTarget = {
  model: 'm',
  quirks: { vendor: '' },
  traits: {
    sampling: 'all',
    reasoning: { kind: 'none' },
    forcedTool: 'yes',
    prefill: false,
    lateSystem: true,
    imagesInToolResults: false,
    jsonSchema: true,
  },
}

const saying = (text: string): readonly AnswerEvent[] => [
  { kind: 'start', id: 'a', model: 'm', created: 1 },
  { kind: 'part_start', candidate: 0, part: 0, type: 'text' },
  { kind: 'part_delta', candidate: 0, part: 0, text },
]
const ending: readonly AnswerEvent[] = [
  { kind: 'part_end', candidate: 0, part: 0 },
  { kind: 'finish', candidate: 0, finish: { reason: 'stop' } },
  { kind: 'end' },
]
const failing: AnswerEvent = { kind: 'failure', failure: { kind: 'server', message: 'broke', phase: 'stream' } }

const cases: readonly { readonly name: string; readonly events: readonly AnswerEvent[]; readonly verdict: Verdict }[] = [
  { name: 'the whole text and its end', events: [...saying(whole), ...ending], verdict: 'rescued' },
  { name: 'a part and an error event', events: [...saying('one'), failing], verdict: 'truncated' },
  { name: 'a part and no end', events: saying('one'), verdict: 'truncated' },
  { name: 'a part that ends as if it were whole', events: [...saying('one two'), ...ending], verdict: 'truncated' },
  { name: 'words that come twice', events: [...saying('one one two three'), ...ending], verdict: 'garbled' },
  { name: 'an error event and nothing else', events: [failing], verdict: 'clean_error' },
]

for (const dialect of dialects) {
  const request = drillRequest(dialect, 'm', true)
  for (const { name, events, verdict } of cases) {
    test(`verdict: ${dialect.name}, ${name}: ${verdict}`, () => {
      const encode = dialect.encodeStream({ request, requestId: 'r', nowSeconds: 1 })
      const body = events.map(encode).join('')
      const received: Received = { status: 200, headers: {}, body, ended: true, durationMs: 1 }
      assert.equal(judge(received, read(received, dialect, request, target), whole), verdict)
    })
  }

  test(`verdict: ${dialect.name}, a status with the dialect's error is a clean error, a page of HTML is not`, () => {
    const { status, body } = dialect.encodeError({ code: 'x', kind: 'server', message: 'no', requestId: 'r' })
    const error: Received = { status, headers: {}, body: JSON.stringify(body), ended: true, durationMs: 1 }
    assert.equal(judge(error, read(error, dialect, request, target), whole), 'clean_error')
    const page = { ...error, body: '<html>' }
    assert.equal(judge(page, read(page, dialect, request, target), whole), 'garbled')
  })
}

test('verdict: what did not end in time hung, whatever came before', () => {
  const [dialect] = dialects
  assert.ok(dialect)
  const request = drillRequest(dialect, 'm', true)
  const received: Received = { status: 0, headers: {}, body: '', ended: false, durationMs: 1 }
  assert.equal(judge(received, read(received, dialect, request, target), whole), 'hung')
})

test('verdict: what a route can be held to', () => {
  const loss = { effect: 'loss', everywhere: false } as const
  assert.equal(isExpected('clean_error', loss, true), false)
  assert.equal(isExpected('clean_error', loss, false), true)
  assert.equal(isExpected('truncated', loss, false), true)
  assert.equal(isExpected('hung', loss, false), false)
  assert.equal(isExpected('clean_error', { ...loss, everywhere: true }, true), true)
  assert.equal(isExpected('hung', { ...loss, everywhere: true }, true), false)
  assert.equal(isExpected('clean_error', { effect: 'refusal', everywhere: false }, true), true)
  assert.equal(isExpected('truncated', { effect: 'harmless', everywhere: false }, false), false)
})

test('drill: every fault can be given to the mock, and its waits are as short as time is fast', () => {
  assert.equal(new Set(drillFaults.map(({ name }) => name)).size, drillFaults.length)
  for (const fault of drillFaults) {
    const plan = planFor(fault, { provider: 'p', model: 'm' }, 10)
    assert.ok(plan.ok, plan.ok ? '' : plan.error)
    const [rule] = plan.value.faults
    if (rule?.kind === 'slow_first_token') assert.equal(rule.delay, 60_000)
    if (rule?.kind === 'rate_limit') assert.equal(rule.retry_after, 20_000)
  }
})
