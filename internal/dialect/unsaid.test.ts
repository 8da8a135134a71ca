import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Request } from '#canonical/request.ts'
import { type Hint, unsaidHints } from './unsaid.ts'

const plain: Request = {
  dialect: 'openai-chat',
  model: 'm',
  stream: false,
  messages: [],
  tools: [],
  params: {},
  output: { format: 'text' },
  ext: {},
  raw: {},
}
const image = { kind: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } } as const
const user = (...parts: Request['messages'][number]['parts']): Request['messages'] => [{ role: 'user', parts }]

test('hints without a place are named, and only those that were given', async (t) => {
  const cases: readonly (readonly [string, Hint, Partial<Request>, readonly string[]])[] = [
    ['a name', 'name', { messages: [{ role: 'user', name: 'Ann', parts: [] }] }, ['messages[0].name']],
    ['a detail', 'detail', { messages: user({ ...image, detail: 'low' }) }, ['messages[0].image.detail']],
    ['the usual detail', 'detail', { messages: user({ ...image, detail: 'auto' }) }, []],
    [
      'a detail within a result',
      'detail',
      { messages: [{ role: 'tool', parts: [{ kind: 'tool_result', callId: 'c', parts: [{ ...image, detail: 'high' }] }] }] },
      ['messages[0].image.detail'],
    ],
    ['a strict function', 'strict', { tools: [{ kind: 'function', name: 'f', strict: true }] }, ['tools[0].strict']],
    ['a loose function', 'strict', { tools: [{ kind: 'function', name: 'f', strict: false }] }, []],
    ['free text', 'grammar', { tools: [{ kind: 'custom', name: 'c', format: { type: 'text' } }] }, []],
    ['a grammar', 'grammar', { tools: [{ kind: 'custom', name: 'c', format: { type: 'grammar' } }] }, ['tools[0].format']],
    [
      'examples of a tool',
      'tool_extras',
      {
        dialect: 'anthropic',
        tools: [{ kind: 'function', name: 'f' }],
        raw: { tools: [{ name: 'f', input_schema: {}, input_examples: [], defer_loading: true }] },
      },
      ['tools[0].input_examples'],
    ],
    [
      'what a group of tools is for',
      'tool_groups',
      { dialect: 'openai-responses', raw: { tools: [{ type: 'namespace', name: 'crm', description: 'Customers', tools: [] }] } },
      ['tools.crm.description'],
    ],
    ['a kept answer', 'store', { state: { store: true } }, ['store']],
    ['one that is not kept', 'store', { state: { store: false } }, []],
  ]
  for (const [name, hint, given, fields] of cases)
    await t.test(name, () => {
      const losses = unsaidHints({ ...plain, ...given }, [hint])
      assert.deepEqual(
        losses.map(({ field }) => field),
        fields,
      )
      assert.ok(losses.every(({ severity }) => severity === 'drop'))
    })
})
