import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultKinds } from './fault-kinds.ts'
import { parseFaultPlan, soundPlan } from './fault-plan.ts'

function problemsOf(text: string): readonly string[] {
  const plan = parseFaultPlan(text)
  return plan.ok ? [] : plan.error
}

test('fault plan: an empty file is a sound plan', () => {
  assert.deepEqual(parseFaultPlan(''), { ok: true, value: soundPlan })
})

test('fault plan: durations become milliseconds and defaults are filled in', () => {
  const plan = parseFaultPlan(
    'latency: {first_token: 1.5s}\nfaults: [{kind: silent, for: 2m}, {kind: cut, when: {stream: true}}]',
  )
  assert.deepEqual(plan, {
    ok: true,
    value: {
      seed: 1,
      latency: { first_token: 1500, chunk: 0 },
      faults: [
        { kind: 'silent', rate: 1, after: 2, for: 120_000 },
        { kind: 'cut', rate: 1, after: 2, when: { stream: true, operation: 'generate' } },
      ],
    },
  })
})

test('fault plan: JSON is read too', () => {
  assert.equal(parseFaultPlan('{"seed": 7, "faults": [{"kind": "reset"}]}').ok, true)
})

const wrong: readonly { name: string; text: string; problem: RegExp }[] = [
  { name: 'a list', text: '- a', problem: /a fault plan is a mapping/ },
  { name: 'broken YAML', text: 'a: [', problem: /line 1, column/ },
  { name: 'an unknown key', text: 'fault: []', problem: /must not have additional properties: fault/ },
  {
    name: 'an unknown kind',
    text: 'faults: [{kind: boom}]',
    problem: /faults\[0\]: there is no kind "boom"; kinds are rate_limit, /,
  },
  { name: 'a rule without a kind', text: 'faults: [{rate: 1}]', problem: /faults\[0\]: kind is missing/ },
  { name: 'a parameter of another kind', text: 'faults: [{kind: reset, after: 1}]', problem: /^faults\[0\]: .*: after$/ },
  {
    name: 'a duration without its unit',
    text: 'faults: [{kind: refused, for: 3}]',
    problem: /^faults\[0\]\.for: must be string \(How long/,
  },
  { name: 'a rate above 1', text: 'faults: [{kind: reset, rate: 30}]', problem: /^faults\[0\]\.rate: must be <= 1/ },
  {
    name: 'an unknown dialect',
    text: 'faults: [{kind: reset, when: {dialect: openai}}]',
    problem: /^faults\[0\]\.when\.dialect: .*: openai-chat, openai-responses, anthropic, gemini$/,
  },
  { name: 'a range that is none', text: 'faults: [{kind: reset, when: {request: 2-3}}]', problem: /when\.request: .*`2\.\.5`/ },
  { name: 'a missing parameter', text: 'faults: [{kind: disconnect_after}]', problem: /required properties bytes/ },
]

for (const { name, text, problem } of wrong) {
  test(`fault plan: tells of ${name}, once`, () => {
    const problems = problemsOf(text)
    assert.equal(problems.length, 1, problems.join('\n'))
    assert.match(problems[0] ?? '', problem)
  })
}

test('fault plan: tells of every problem at once', () => {
  assert.equal(problemsOf('seed: x\nfaults: [{kind: boom}, {kind: reset, rate: 2}]').length, 3)
})

for (const kind of Object.keys(faultKinds)) {
  test(`fault plan: ${kind} needs no parameter but its own`, () => {
    const own = kind === 'disconnect_after' ? ', bytes: 10' : ''
    assert.deepEqual(problemsOf(`faults: [{kind: ${kind}${own}}]`), [])
  })
}
