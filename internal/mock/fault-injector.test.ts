import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CallFacts, createInjector } from './fault-injector.ts'
import { type FaultPlan, parseFaultPlan } from './fault-plan.ts'

function planOf(text: string): FaultPlan {
  const plan = parseFaultPlan(text)
  if (!plan.ok) throw new Error(plan.error.join('\n'))
  return plan.value
}

const call: CallFacts = { provider: 'openai', operation: 'generate', stream: false, dialect: 'openai-chat', model: 'gpt-mock' }

/** The faults of so many equal calls, by their first letter; `.` is none. */
function sequence(text: string, count: number, facts: Partial<CallFacts> = {}): string {
  const injector = createInjector(planOf(text))
  return Array.from({ length: count }, () => injector.choose({ ...call, ...facts })?.kind[0] ?? '.').join('')
}

test('faults: the same seed gives the same sequence', () => {
  const plan = 'seed: 42\nfaults: [{kind: error, rate: 0.3}]'
  assert.equal(sequence(plan, 200), sequence(plan, 200))
  assert.notEqual(sequence(plan, 200), sequence(plan.replace('42', '43'), 200))
})

test('faults: the rate is kept', () => {
  const hits = sequence('seed: 1\nfaults: [{kind: error, rate: 0.3}]', 10_000).replaceAll('.', '').length
  assert.ok(hits > 2800 && hits < 3200, String(hits))
})

test('faults: a rule below changes nothing above', () => {
  const one = sequence('faults: [{kind: error, rate: 0.3}]', 100)
  const two = sequence('faults: [{kind: error, rate: 0.3}, {kind: auth, rate: 0.5}]', 100)
  assert.equal(two.replaceAll('a', '.'), one)
})

test('faults: calls that do not fit leave the sequence alone', () => {
  const text = 'faults: [{kind: error, rate: 0.3, when: {provider: openai}}]'
  const injector = createInjector(planOf(text))
  const mixed = Array.from({ length: 200 }, (_, index) => {
    const kind = injector.choose({ ...call, provider: index % 2 === 0 ? 'openai' : 'gemini' })?.kind[0] ?? '.'
    return index % 2 === 0 ? kind : ''
  })
  assert.equal(mixed.join(''), sequence(text, 100))
})

const cases: readonly { name: string; plan: string; facts?: Partial<CallFacts>; faults: string }[] = [
  { name: 'a rule without conditions fits every call', plan: '[{kind: error}]', faults: 'eeee' },
  { name: 'the first rule that fires wins', plan: '[{kind: error, when: {request: 2}}, {kind: auth}]', faults: 'aeaa' },
  { name: 'times bounds it', plan: '[{kind: error, times: 2}]', faults: 'ee..' },
  { name: 'a number', plan: '[{kind: error, when: {request: 3}}]', faults: '..e.' },
  { name: 'a range', plan: '[{kind: error, when: {request: 2..3}}]', faults: '.ee.' },
  { name: 'a range without an end', plan: '[{kind: error, when: {request: 3..}}]', faults: '..ee' },
  { name: 'a range without a beginning', plan: '[{kind: error, when: {request: ..1}}]', faults: 'e...' },
  { name: 'another provider', plan: '[{kind: error, when: {provider: gemini}}]', faults: '....' },
  { name: 'the dialect', plan: '[{kind: error, when: {dialect: openai-chat}}]', faults: 'eeee' },
  { name: 'a model by pattern', plan: '[{kind: error, when: {model: "gpt-*"}}]', faults: 'eeee' },
  { name: 'a pattern fits the whole name', plan: '[{kind: error, when: {model: "pt-*"}}]', faults: '....' },
  { name: 'a dot in a model is a dot', plan: '[{kind: error, when: {model: "gpt.mock"}}]', faults: '....' },
  { name: 'streams only', plan: '[{kind: error, when: {stream: true}}]', faults: '....' },
  { name: 'a key', plan: '[{kind: auth, when: {key: a}}]', facts: { key: 'a' }, faults: 'aaaa' },
  { name: 'another key', plan: '[{kind: auth, when: {key: a}}]', facts: { key: 'b' }, faults: '....' },
  { name: 'probes are spared', plan: '[{kind: error}]', facts: { operation: 'models' }, faults: '....' },
  {
    name: 'probes are hit when asked',
    plan: '[{kind: error, when: {operation: any}}]',
    facts: { operation: 'models' },
    faults: 'eeee',
  },
  { name: 'faults of streams pass whole answers by', plan: '[{kind: no_done}, {kind: slow_chunks}]', faults: '....' },
  {
    name: 'a stream without [DONE] needs OpenAI',
    plan: '[{kind: no_done}]',
    facts: { stream: true, dialect: 'gemini' },
    faults: '....',
  },
  {
    name: 'faults of answers pass probes by',
    plan: '[{kind: empty_content, when: {operation: any}}]',
    facts: { operation: 'models' },
    faults: '....',
  },
]

for (const { name, plan, facts, faults } of cases) {
  test(`faults: ${name}`, () => assert.equal(sequence(`faults: ${plan}`, 4, facts), faults))
}

test('faults: counts how often each rule fired', () => {
  const injector = createInjector(planOf('faults: [{kind: error, when: {request: 2}}, {kind: auth}]'))
  for (let count = 0; count < 3; count++) injector.choose(call)
  assert.deepEqual(injector.fired(), [1, 2])
})
