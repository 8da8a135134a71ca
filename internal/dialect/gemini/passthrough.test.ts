import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, Opaque, Request } from '#canonical/request.ts'
import { asArray, asObject } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { decodeRequest } from './decode-request.ts'
import { passthrough } from './passthrough.ts'
import { signForClient } from './signature.ts'

const target = (kind: 'none' | 'level'): EncodeTarget => ({
  model: 'gemini-3',
  quirks: { vendor: 'gemini' },
  traits: {
    sampling: 'all',
    reasoning: kind === 'none' ? { kind } : { kind, levels: ['low'] },
    forcedTool: 'yes',
    prefill: false,
    lateSystem: false,
    imagesInToolResults: true,
    jsonSchema: true,
  },
})

function requestOf(contents: readonly Json[]): Request {
  const path = '/v1beta/models/smart:generateContent'
  const result = decodeRequest({ path, pathModel: 'smart', query: new URLSearchParams(), headers: {}, body: { contents } })
  assert.ok(result.ok)
  return result.value
}

const call = { functionCall: { name: 'f', args: {} } }
const question = { role: 'user', parts: [{ text: 'go' }] }
const answer = { role: 'user', parts: [{ functionResponse: { name: 'f', response: {} } }] }
const foreign: readonly Opaque[] = [{ vendor: 'anthropic', kind: 'signature', data: 'theirs' }]

function sent(contents: readonly Json[], kind: 'none' | 'level' = 'level'): unknown {
  return passthrough.encodeRequest(requestOf(contents), target(kind)).body['contents']
}

test('the body goes as it came, the model stands in the path', () => {
  const request = requestOf([question])
  const encoded = passthrough.encodeRequest(request, target('level'))
  assert.equal(encoded.body, request.raw)
  assert.equal(encoded.path, '/v1beta/models/gemini-3:generateContent')
})

test('another vendor’s signature comes back to us, and does not go to Google', () => {
  const signed = signForClient({ text: 'hm', thought: true }, foreign)
  const contents = [question, { role: 'model', parts: [signed, { text: 'well' }] }, question]
  assert.deepEqual(requestOf(contents).messages[1]?.parts[0]?.opaque, foreign)
  const urlSafe = { ...signed, thoughtSignature: String(signed['thoughtSignature']).replaceAll('+', '-').replaceAll('/', '_') }
  assert.deepEqual(requestOf([question, { role: 'model', parts: [urlSafe] }]).messages[1]?.parts[0]?.opaque, foreign)
  assert.deepEqual(sent(contents), [question, { role: 'model', parts: [{ text: 'well' }] }, question])
  assert.deepEqual(sent([question, { role: 'model', parts: [signed] }, question]), [question, question])
})

test('unsigned calls of the current turn get the sentinel where signatures are demanded', () => {
  const contents = [question, { role: 'model', parts: [call] }, answer, question, { role: 'model', parts: [call, call] }, answer]
  const mended = asArray(sent(contents)).map(asObject)
  const sentinel = { ...call, thoughtSignature: 'skip_thought_signature_validator' }
  assert.deepEqual(mended[1], contents[1])
  assert.deepEqual(mended[4], { role: 'model', parts: [sentinel, call] })
  assert.deepEqual(sent(contents, 'none'), contents)
  const own = [question, { role: 'model', parts: [{ ...call, thoughtSignature: 'c2ln' }, call] }, answer]
  assert.deepEqual(sent(own), own)
})

test('frames for a client', () => {
  const { frame } = passthrough
  const request = requestOf([question])
  const at = target('level')
  assert.equal(frame({ event: '', data: '{"a":1}' }, request, at), 'data: {"a":1}\r\n\r\n')
  assert.equal(frame({ event: '', data: '{\n"a":1}' }, request, at), 'data: { "a":1}\r\n\r\n')
  assert.equal(frame({ event: '', data: '[DONE]' }, request, at), '')
})

test('a place whose signatures are its own marks them, and gets back no others', () => {
  const at: EncodeTarget = { ...target('level'), quirks: { vendor: 'vertex', fieldsOf: 'gemini', gemini: { noCallIds: true } } }
  const parts = [{ text: 'hm', thought: true, thoughtSignature: 'AAAA' }, call]
  const body = { candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }], usageMetadata: {} }
  const marked = passthrough.answer?.(body, requestOf([question]), at)
  const data = passthrough.frame({ event: '', data: JSON.stringify(body) }, requestOf([question]), at)
  assert.deepEqual(JSON.parse(data.replace('data: ', '')), marked)
  const content = asObject(asObject(asArray(marked?.['candidates'])[0])['content'])
  assert.deepEqual(asArray(content['parts'])[1], call)
  const contents = [question, content, answer]
  const sentTo = (place: EncodeTarget) => passthrough.encodeRequest(requestOf(contents), place).body['contents']
  assert.deepEqual(sentTo(at), [question, { role: 'model', parts }, answer])
  const [, atGemini] = asArray(sentTo(target('level')))
  assert.deepEqual(atGemini, {
    role: 'model',
    parts: [{ ...call, thoughtSignature: 'skip_thought_signature_validator' }],
  })
})

test('ids of calls stay away from a place that does not know them', () => {
  const at: EncodeTarget = { ...target('none'), quirks: { vendor: 'vertex', gemini: { noCallIds: true } } }
  const contents = [
    question,
    { role: 'model', parts: [{ functionCall: { id: 'a', name: 'f', args: {} } }] },
    { role: 'user', parts: [{ functionResponse: { id: 'a', name: 'f', response: {} } }] },
  ]
  assert.deepEqual(passthrough.encodeRequest(requestOf(contents), at).body['contents'], [
    question,
    { role: 'model', parts: [call] },
    answer,
  ])
})
