import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeDialect, requestFrom } from './fake-dialect.ts'
import { parseFaultPlan } from './fault-plan.ts'
import { faultySteps } from './faulty.ts'
import { answerTo } from './script.ts'
import { type Sound, type Step, soundAnswer } from './timeline.ts'

const request = requestFrom('hi', { params: { maxOutput: 4 } })
const answer = answerTo(request, { provider: 'm', number: 1, nowSeconds: 0 })

function soundOf(stream: boolean): Sound {
  return soundAnswer(fakeDialect, answer, { request, requestId: 'r', nowSeconds: 0 }, stream)
}

/** The steps of a fault, one word each: `200`, `500ms`, the text of frames, `end`, `fin`, `rst`. */
function stepsOf(rule: string, stream = true): string {
  const plan = parseFaultPlan(`faults: [{${rule}}]`)
  const fault = plan.ok ? plan.value.faults[0] : undefined
  assert.ok(fault !== undefined, `no plan: ${rule}`)
  const tempo = { firstTokenMs: 0, before: 'headers', chunkMs: 0 } as const
  const steps = faultySteps(fault, { dialect: 'openai-chat', tempo, nowSeconds: 0, sound: () => soundOf(stream) })
  return steps.map(wordOf).join(' ')
}

function wordOf(step: Step): string {
  switch (step.kind) {
    case 'head':
      return String(step.status)
    case 'wait':
      return `${step.ms}ms`
    case 'write':
      return Buffer.from(step.bytes)
        .toString()
        .replace(/data: (?:\{"text":"\s?)?/g, '')
        .replace(/"?\}?\s*$/, '')
    case 'break':
      return step.hard ? 'rst' : 'fin'
    case 'refuse':
      return `refuse:${step.ms}`
    default:
      return step.kind
  }
}

const open = '{"open":true'
const close = '{"finish":"length [DONE] end'

const streams: readonly { rule: string; steps: string }[] = [
  { rule: 'kind: slow_first_token, delay: 3s', steps: `3000ms 200 ${open} Hello from m, playing ${close}` },
  { rule: 'kind: slow_first_token, delay: 3s, before: start', steps: `200 3000ms ${open} Hello from m, playing ${close}` },
  { rule: 'kind: slow_first_token, delay: 3s, before: content', steps: `200 ${open} 3000ms Hello from m, playing ${close}` },
  { rule: 'kind: slow_chunks, delay: 1s', steps: `200 ${open} Hello 1000ms from 1000ms m, 1000ms playing ${close}` },
  { rule: 'kind: silent_before', steps: `Infinityms 200 ${open} Hello from m, playing ${close}` },
  { rule: 'kind: silent, after: 1, for: 2s', steps: `200 ${open} Hello 2000ms from m, playing ${close}` },
  { rule: 'kind: silent, after: 0', steps: `200 ${open} Infinityms Hello from m, playing ${close}` },
  { rule: 'kind: cut', steps: `200 ${open} Hello from fin` },
  { rule: 'kind: reset_mid_stream, after: 1', steps: `200 ${open} Hello rst` },
  { rule: 'kind: malformed_event, after: 1', steps: `200 ${open} Hello {"tex from m, playing ${close}` },
  { rule: 'kind: malformed_event, after: 1, then: stop', steps: `200 ${open} Hello {"tex end` },
  { rule: 'kind: no_done', steps: `200 ${open} Hello from m, playing {"finish":"length  end` },
  { rule: 'kind: truncated_json', steps: `200 ${open} Hello  end` },
  { rule: 'kind: disconnect_after, bytes: 9', steps: `200 {"o fin` },
  { rule: 'kind: disconnect_after, bytes: 0', steps: '200  fin' },
  { rule: 'kind: refused, for: 2s', steps: 'refuse:2000' },
  { rule: 'kind: reset', steps: 'rst' },
]

for (const { rule, steps } of streams) {
  test(`faulty stream: ${rule}`, () => assert.equal(stepsOf(rule), steps))
}

const wholes: readonly { rule: string; steps: RegExp }[] = [
  { rule: 'kind: cut', steps: /^200 \{"id":"mock[^}]*(?<!choices.*) fin$/ },
  { rule: 'kind: reset_mid_stream', steps: / rst$/ },
  { rule: 'kind: silent', steps: /^200 \{"id" *.* Infinityms .* end$/ },
  { rule: 'kind: truncated_json', steps: /^200 \{"id":"mock\S+ end$/ },
  { rule: 'kind: html_200', steps: /^200 <!DOCTYPE html>[\s\S]* end$/ },
  { rule: 'kind: unexpected_fields', steps: /^200 \{"x_unexpected":.*,"id":"mock/ },
  { rule: 'kind: rate_limit', steps: /^429 \{"error":\{.*"code":"rate_limit_exceeded/ },
  { rule: 'kind: error, status: 529', steps: /^529 \{"error":\{.*"server_is_overloaded/ },
  { rule: 'kind: error, status: 502, body: html', steps: /^502 <!DOCTYPE/ },
  { rule: 'kind: error, body: empty', steps: /^500 {2}end$/ },
  { rule: 'kind: auth', steps: /^401 .*invalid_api_key/ },
  { rule: 'kind: billing', steps: /^402 .*insufficient_quota/ },
  { rule: 'kind: billing, status: 429', steps: /^429 .*insufficient_quota/ },
  { rule: 'kind: context_length', steps: /^400 .*context_length_exceeded/ },
  { rule: 'kind: content_filter', steps: /^400 .*content_policy_violation/ },
]

for (const { rule, steps } of wholes) {
  test(`faulty whole answer: ${rule}`, () => assert.match(stepsOf(rule, false), steps))
}

test('faulty stream: an error after some content, then nothing', () => {
  assert.match(
    stepsOf('kind: error_event, after: 1'),
    /^200 \{"open":true Hello \{"error":\{.*"code":"server_is_overloaded"\} end$/,
  )
})

test('faulty stream: an error as the very first frame', () => {
  assert.match(stepsOf('kind: error_event, first: true, status: 429'), /^200 \{"error":\{.*"code":"rate_limit_exceeded"\} end$/)
})
