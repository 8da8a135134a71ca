import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerPart } from '#canonical/answer.ts'
import type { Message, Opaque, Request } from '#canonical/request.ts'
import { createSignatureVault, familyOf, type SignatureSource } from './signatures.ts'

const claude: SignatureSource = {
  provider: 'anthropic',
  model: 'claude-opus-4-5',
  vendor: 'anthropic',
  wantsReasoning: false,
  client: '',
}
const signature: Opaque = { vendor: 'anthropic', kind: 'signature', data: 'sig' }
const thought: AnswerPart = { kind: 'reasoning', text: 'Rain?', opaque: [signature] }
const call: AnswerPart = { kind: 'tool_call', id: 'c1', name: 'weather', args: '{"city":"Oslo"}' }

const user = (text: string): Message => ({ role: 'user', parts: [{ kind: 'text', text }] })
const system: Message = { role: 'system', parts: [{ kind: 'text', text: 'It is noon.' }] }
const result: Message = { role: 'tool', parts: [{ kind: 'tool_result', callId: 'c1', parts: [{ kind: 'text', text: '7' }] }] }

function ask(messages: readonly Message[]): Request {
  return {
    dialect: 'openai-chat',
    model: 'm',
    stream: false,
    messages,
    tools: [],
    params: {},
    output: { format: 'text' },
    ext: {},
    raw: {},
  }
}

const said = (...parts: Message['parts']): Message => ({ role: 'assistant', parts })
const plainCall = said({ kind: 'tool_call', id: 'c1', name: 'weather', args: '{"city":"Oslo"}' })

function filled(answer: readonly AnswerPart[] = [thought, call], source = claude) {
  let nowMs = 0
  const vault = createSignatureVault(() => nowMs, { maxBytes: 100_000, ttlMs: 1000 })
  vault.remember(ask([system, user('Weather?')]), answer, source)
  const partsOf = (messages: readonly Message[], from: Partial<SignatureSource> = {}): Message['parts'] =>
    vault.restore(ask(messages), { ...source, ...from }).messages.find(({ role }) => role === 'assistant')?.parts ?? []
  return { vault, partsOf, pass: (ms: number) => (nowMs += ms) }
}

test('vault: a turn whose client dropped its thoughts gets them back before the call', () => {
  const { partsOf } = filled()
  assert.deepEqual(partsOf([system, user('Weather?'), plainCall, result]), [thought, call])
})

test('vault: what the client has of the reasoning makes room for the very text that was signed', () => {
  const { partsOf } = filled()
  assert.deepEqual(partsOf([user('Weather?'), said({ kind: 'reasoning', text: 'Rain' }, ...plainCall.parts)]), [thought, call])
})

test('vault: a turn that carries its own signature is not touched', () => {
  const { vault } = filled()
  const request = ask([user('Weather?'), said({ kind: 'reasoning', text: 'Rain?', opaque: [signature] }, ...plainCall.parts)])
  assert.equal(vault.restore(request, claude), request)
})

test('vault: the system text may change and older messages may go', () => {
  const { vault } = filled()
  const asked = ask([user('Hello'), said({ kind: 'text', text: 'Hi' }), user('Weather?')])
  vault.remember(asked, [thought, { ...call, id: 'c2' }], claude)
  const back = [{ ...system, parts: [{ kind: 'text' as const, text: 'It is one.' }] }, user('Weather?'), plainCall, result]
  assert.deepEqual(vault.restore(ask(back), claude).messages[2]?.parts, [thought, call])
})

test('vault: a client without ids, or with arguments printed anew, is known by what was said', () => {
  const { partsOf } = filled()
  const own = { kind: 'tool_call', id: 'made_up', name: 'weather', args: '{ "city": "Oslo" }' } as const
  assert.deepEqual(partsOf([user('Weather?'), said(own)]), [thought, own])
})

for (const [name, from] of [
  ['another provider', { provider: 'other' }],
  ['a model of another generation', { model: 'claude-3-7-sonnet' }],
  ['another client', { client: 'somebody' }],
] as const) {
  test(`vault: nothing for ${name}`, () => {
    const { partsOf } = filled()
    assert.deepEqual(partsOf([user('Weather?'), plainCall], from), plainCall.parts)
  })
}

test('vault: nothing for another conversation, though its call has the same id', () => {
  const { partsOf } = filled()
  assert.deepEqual(partsOf([user('Weather tomorrow?'), plainCall]), plainCall.parts)
})

test('vault: signatures of calls and of texts', () => {
  const own: Opaque = { vendor: 'gemini', kind: 'signature', data: 's' }
  const gemini = { ...claude, provider: 'gemini', model: 'gemini-3-pro', vendor: 'gemini' }
  const second = { ...call, id: 'c2' }
  const calls = filled([{ ...call, opaque: [own] }, second], gemini)
  const back = said(...plainCall.parts, { kind: 'tool_call', id: 'c2', name: 'weather', args: '{"city":"Oslo"}' })
  assert.deepEqual(calls.partsOf([user('Weather?'), back]), [{ ...call, opaque: [own] }, second])

  const text = filled([{ kind: 'text', text: 'Fine.', opaque: [own] }], gemini)
  assert.deepEqual(text.partsOf([user('Weather?'), said({ kind: 'text', text: 'Fine.' }), user('And now?')]), [
    { kind: 'text', text: 'Fine.', opaque: [own] },
  ])
  assert.deepEqual(text.partsOf([user('Weather?'), said({ kind: 'text', text: 'Bad.' })]), [{ kind: 'text', text: 'Bad.' }])
})

test('vault: thoughts between calls return to their places', () => {
  const next: AnswerPart = { kind: 'reasoning', text: 'And Rome?', opaque: [{ ...signature, data: 'sig2' }] }
  const words: AnswerPart = { kind: 'text', text: 'Let me see.' }
  const second: AnswerPart = { ...call, id: 'c2' }
  const { partsOf } = filled([thought, words, call, next, second])
  const back = said({ kind: 'text', text: 'Let me see.' }, ...plainCall.parts, { ...call, id: 'c2' })
  assert.deepEqual(partsOf([user('Weather?'), back]), [thought, words, call, next, second])
})

test('vault: unsigned reasoning is kept for providers that want it back, with calls only', () => {
  const deepseek = { ...claude, provider: 'deepseek', vendor: 'deepseek', wantsReasoning: true }
  const bare: AnswerPart = { kind: 'reasoning', text: 'Rain?' }
  assert.deepEqual(filled([bare, call], deepseek).partsOf([user('Weather?'), plainCall]), [bare, call])
  assert.deepEqual(filled([bare, call]).partsOf([user('Weather?'), plainCall]), plainCall.parts)
  const fine: AnswerPart = { kind: 'text', text: 'Fine.' }
  assert.deepEqual(filled([bare, fine], deepseek).partsOf([user('Weather?'), said(fine)]), [fine])
})

test('vault: what nobody comes back for goes, by time and by size', () => {
  const { partsOf, pass, vault } = filled()
  pass(900)
  assert.equal(partsOf([user('Weather?'), plainCall]).length, 2)
  pass(900)
  assert.equal(partsOf([user('Weather?'), plainCall]).length, 2, 'a look keeps it')
  pass(1001)
  assert.deepEqual(partsOf([user('Weather?'), plainCall]), plainCall.parts)

  vault.remember(ask([user('first')]), [thought, call], claude)
  for (let number = 0; number < 1000; number++)
    vault.remember(ask([user(`later ${number}`)]), [thought, { ...call, id: `n${number}` }], claude)
  const first = ask([user('first'), plainCall])
  assert.equal(vault.restore(first, claude), first)
  const last = ask([user('later 999'), said({ ...call, id: 'n999' })])
  assert.notEqual(vault.restore(last, claude), last)
})

test('vault: model families', () => {
  assert.equal(familyOf('claude-opus-5-5'), 'claude-opus-5')
  assert.equal(familyOf('vendor/gpt-5.6-mini'), 'gpt-5')
  assert.equal(familyOf('gemini-3.7-flash'), familyOf('gemini-3-pro-preview'))
  assert.notEqual(familyOf('gemini-3-pro'), familyOf('gemini-2.5-pro'))
  assert.equal(familyOf('deepseek-chat'), 'deepseek-chat')
})
