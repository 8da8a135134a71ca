import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '#canonical/request.ts'
import type { EncodeTarget } from '../dialect.ts'
import type { ModelTraits, ReasoningTraits } from '../quirks.ts'
import { decodeRequest } from './decode-request.ts'
import { passthrough } from './passthrough.ts'

const budget: ReasoningTraits = { kind: 'budget', min: 1024, max: 32_000 }
const adaptive: ReasoningTraits = { kind: 'adaptive', efforts: ['low', 'medium', 'high', 'xhigh', 'max'], off: 'never' }
const both: ReasoningTraits = { kind: 'adaptive', efforts: ['low', 'medium', 'high', 'max'], off: 'disabled', budget: true }
const none: ReasoningTraits = { kind: 'none' }

/** What passes on: the name, the model's kind of reasoning, the client's fields, the changed ones, and what is told as lost. */
const cases: readonly (readonly [string, ReasoningTraits, Json, Json, readonly string[]])[] = [
  ['what the model knows stays', adaptive, { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }, {}, []],
  ['a budget stays where it is still taken', both, { thinking: { type: 'enabled', budget_tokens: 2000 } }, {}, []],
  [
    'adaptive thinking becomes a budget',
    budget,
    { thinking: { type: 'adaptive' }, output_config: { effort: 'low', format: { type: 'json_schema', schema: {} } } },
    { thinking: { type: 'enabled', budget_tokens: 2048 }, output_config: { format: { type: 'json_schema', schema: {} } } },
    [],
  ],
  [
    'a budget that does not fit in the limit raises it',
    budget,
    { max_tokens: 100, thinking: { type: 'adaptive' } },
    { max_tokens: 2048, thinking: { type: 'enabled', budget_tokens: 1024 } },
    [],
  ],
  [
    'a budget becomes adaptive thinking with an effort',
    adaptive,
    { thinking: { type: 'enabled', budget_tokens: 2000 } },
    { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } },
    [],
  ],
  [
    'a model that always thinks does so least',
    adaptive,
    { thinking: { type: 'disabled' } },
    { thinking: undefined, output_config: { effort: 'low' } },
    ['thinking'],
  ],
  ['an effort is one of those taken', both, { output_config: { effort: 'xhigh' } }, { output_config: { effort: 'high' } }, []],
  [
    'an effort that the model does not know is left out',
    budget,
    { output_config: { effort: 'high' } },
    { output_config: undefined },
    ['output_config.effort'],
  ],
  ['an effort beside budgets stays', { ...budget, effort: true }, { output_config: { effort: 'high' } }, {}, []],
  ['thinking of a model that cannot', none, { thinking: { type: 'adaptive' } }, { thinking: undefined }, ['thinking']],
]

function targetOf(reasoning: ReasoningTraits, sampling: ModelTraits['sampling'] = 'all'): EncodeTarget {
  const rest = { forcedTool: 'yes', prefill: true, lateSystem: true, imagesInToolResults: true, jsonSchema: true } as const
  return { model: 'claude-x', quirks: { vendor: 'anthropic' }, traits: { ...rest, reasoning, sampling } }
}

function pass(fields: Json, target: EncodeTarget): { readonly changed: Json; readonly lost: readonly string[] } {
  const body = { model: 'smart', max_tokens: 30_000, messages: [{ role: 'user', content: 'x' }], ...fields }
  const decoded = decodeRequest({ path: '/v1/messages', query: new URLSearchParams(), headers: {}, body })
  assert.ok(decoded.ok)
  const encoded = passthrough.encodeRequest(decoded.value, target)
  const names = new Set([...Object.keys(body), ...Object.keys(encoded.body)])
  const before: Json = { ...body, model: 'claude-x' }
  const changed = [...names].filter((name) => JSON.stringify(encoded.body[name]) !== JSON.stringify(before[name]))
  return {
    changed: Object.fromEntries(changed.map((name) => [name, encoded.body[name]])),
    lost: encoded.losses.map(({ field }) => field),
  }
}

for (const [name, reasoning, fields, changed, lost] of cases) {
  test(`passthrough to another generation: ${name}`, () => {
    assert.deepEqual(pass(fields, targetOf(reasoning)), { changed, lost })
  })
}

test('passthrough to another generation: sampling that the model refuses is left out', () => {
  assert.deepEqual(pass({ temperature: 0.5, top_p: 0.9 }, targetOf(adaptive, 'none')), {
    changed: { temperature: undefined, top_p: undefined },
    lost: ['temperature', 'top_p'],
  })
  assert.deepEqual(pass({ temperature: 0.5 }, targetOf(budget)), { changed: {}, lost: [] })
})
