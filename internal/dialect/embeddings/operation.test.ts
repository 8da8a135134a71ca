import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '#lib/json.ts'
import type { OperationCall, OperationTarget } from '../operation.ts'
import type { EmbedCodec } from './embedding.ts'
import { geminiEmbeddings } from './gemini.ts'
import { openaiEmbeddings } from './openai.ts'
import { embedOperation } from './operation.ts'

const traits = {
  sampling: 'all',
  reasoning: { kind: 'none' },
  forcedTool: 'yes',
  prefill: false,
  lateSystem: true,
  imagesInToolResults: false,
  jsonSchema: true,
} as const

function target(dialect: OperationTarget['dialect'], quirks: Partial<OperationTarget['quirks']> = {}): OperationTarget {
  return { model: 'vec', dialect, traits, quirks: { vendor: 'any', ...quirks } }
}

function call(codec: EmbedCodec, body: JsonObject, to: OperationTarget, path = '/v1beta/models/vec:embedContent'): OperationCall {
  const request = codec.decodeRequest({ path, pathModel: 'vec', query: new URLSearchParams(), headers: {}, body })
  assert.ok(request.ok, JSON.stringify(request))
  const written = embedOperation(request.value).encode(to)
  assert.ok(written.ok, JSON.stringify(written))
  return written.value
}

test('same form: all fields go as they came, but for the model', () => {
  const body = { model: 'mine', input: ['a'], dimensions: 3, encoding_format: 'base64', new_field: { x: 1 } }
  const { path, body: sent } = call(openaiEmbeddings, body, target('openai-chat'))
  assert.equal(path, '/embeddings')
  assert.deepEqual(sent, { ...body, model: 'vec' })
  const batch = { requests: [{ model: 'models/mine', content: { parts: [{ text: 'a' }] }, taskType: 'CLUSTERING' }] }
  const gemini = call(geminiEmbeddings, batch, target('gemini'), '/v1beta/models/vec:batchEmbedContents')
  assert.equal(gemini.path, '/v1beta/models/vec:batchEmbedContents')
  assert.deepEqual(gemini.body, { requests: [{ ...batch.requests[0], model: 'models/vec' }] })
})

test('OpenAI to Gemini: texts in order, dimensions, the user is dropped and named; vectors come back as base64', () => {
  const body = { model: 'm', input: ['a', 'b'], dimensions: 2, encoding_format: 'base64', user: 'u' }
  const written = call(openaiEmbeddings, body, target('gemini'))
  assert.deepEqual(written.body, {
    requests: ['a', 'b'].map((text) => ({ model: 'models/vec', content: { parts: [{ text }] }, outputDimensionality: 2 })),
  })
  assert.deepEqual(
    written.losses.map(({ field }) => field),
    ['user'],
  )
  const answer = written.answer({ embeddings: [{ values: [0.5, -1] }, { values: [2, 3] }] })
  assert.ok(answer.ok)
  assert.deepEqual(answer.value.body, {
    object: 'list',
    data: [
      { object: 'embedding', index: 0, embedding: 'AAAAPwAAgL8=' },
      { object: 'embedding', index: 1, embedding: 'AAAAQAAAQEA=' },
    ],
    model: 'm',
    usage: { prompt_tokens: 2, total_tokens: 2 },
  })
  assert.equal(answer.value.usage?.estimated, true)
})

test('Gemini to OpenAI: a task has no place there; Mistral names the length otherwise', () => {
  const body = { content: { parts: [{ text: 'a' }] }, taskType: 'CLUSTERING', outputDimensionality: 2 }
  const written = call(geminiEmbeddings, body, target('openai-chat', { embeddings: { dimensionsField: 'output_dimension' } }))
  assert.deepEqual(written.body, { model: 'vec', input: 'a', output_dimension: 2, encoding_format: 'float' })
  assert.deepEqual(
    written.losses.map(({ field }) => field),
    ['taskType'],
  )
  const answer = written.answer({ data: [{ index: 0, embedding: [1, 2] }], usage: { prompt_tokens: 7 } })
  assert.ok(answer.ok)
  assert.deepEqual(answer.value.body, {
    embedding: { values: [1, 2] },
    usageMetadata: { promptTokenCount: 7, totalTokenCount: 7 },
  })
})

test('answers out of order are sorted; too few, or something else than vectors, are faults', () => {
  const written = call(openaiEmbeddings, { model: 'm', input: ['a', 'b'], encoding_format: 'base64' }, target('openai-chat'))
  const sorted = written.answer({
    data: [
      { index: 1, embedding: [1] },
      { index: 0, embedding: [2] },
    ],
  })
  assert.ok(sorted.ok)
  assert.match(JSON.stringify(sorted.value.body), /"index":0,"embedding":"AAAAQA=="/)
  for (const bad of [{ data: [] }, { data: [{ embedding: [1] }] }, { data: [{ embedding: 'x' }, { embedding: null }] }, 'text']) {
    const answer = written.answer(bad)
    assert.equal(answer.ok ? 'ok' : answer.error.kind, 'malformed')
  }
})

for (const [name, input] of [
  ['nothing', undefined],
  ['an empty list', []],
  ['an object', [{ text: 'a' }]],
] as const) {
  test(`an input that is ${name} is the client's fault`, () => {
    const body = input === undefined ? { model: 'm' } : { model: 'm', input }
    const request = openaiEmbeddings.decodeRequest({ path: '', query: new URLSearchParams(), headers: {}, body })
    assert.equal(request.ok ? 'ok' : request.error.param, 'input')
  })
}
