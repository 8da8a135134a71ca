import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerEvent } from '#canonical/answer.ts'
import type { Request } from '#canonical/request.ts'
import { parseSse } from '#framing/sse-parse.ts'
import type { JsonObject } from '#lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import { openaiCompletions } from './index.ts'

const target: EncodeTarget = {
  model: 'at-the-provider',
  quirks: { vendor: 'any' },
  traits: {
    sampling: 'all',
    reasoning: { kind: 'none' },
    forcedTool: 'yes',
    prefill: false,
    lateSystem: true,
    imagesInToolResults: false,
    jsonSchema: false,
  },
}

function read(body: JsonObject): Request {
  const decoded = openaiCompletions.decodeRequest({ path: '/v1/completions', query: new URLSearchParams(), headers: {}, body })
  if (!decoded.ok) throw new Error(decoded.error.message)
  return decoded.value
}

function events(stream: string): readonly AnswerEvent[] {
  const seen: AnswerEvent[] = []
  const decoder = openaiCompletions.decodeStream((event) => seen.push(event), {
    request: read({ model: 'm', prompt: 'p' }),
    target,
  })
  const parser = parseSse((frame) => decoder.frame(frame))
  parser.push(Buffer.from(stream))
  parser.end()
  decoder.end()
  return seen
}

test('one text is a conversation; what is not, is named', () => {
  const plain = read({ model: 'm', prompt: 'Once', max_tokens: 5, stop: '.', n: 2 })
  assert.deepEqual(plain.messages, [{ role: 'user', parts: [{ kind: 'text', text: 'Once' }] }])
  assert.deepEqual(plain.params, { maxOutput: 5, stop: ['.'], candidates: 2 })
  assert.equal(plain.nativeOnly, undefined)
  assert.deepEqual(read({ model: 'm', prompt: ['one'] }).nativeOnly, undefined)
  assert.deepEqual(read({ model: 'm', prompt: ['a', 'b'] }).nativeOnly, ['prompt'])
  assert.deepEqual(read({ model: 'm', prompt: [1, 2] }).nativeOnly, ['prompt'])
  const all = read({ model: 'm', prompt: 'a', suffix: 'b', echo: true, best_of: 3, logprobs: 2 })
  assert.deepEqual(all.nativeOnly, ['suffix', 'echo', 'best_of', 'logprobs'])
})

for (const [body, param] of [
  [{ prompt: 'a' }, 'model'],
  [{ model: 'm' }, 'prompt'],
  [{ model: 'm', prompt: 7 }, 'prompt'],
  [{ model: 'm', prompt: 'a', max_tokens: 'x' }, 'max_tokens'],
] as const) {
  test(`${JSON.stringify(body)}: ${param} is at fault`, () => {
    const decoded = openaiCompletions.decodeRequest({ path: '', query: new URLSearchParams(), headers: {}, body })
    assert.equal(decoded.ok ? 'ok' : decoded.error.param, param)
  })
}

test('passed on, a request keeps every field but the model, and a stream is asked for its usage', () => {
  const { path, body } = openaiCompletions.passthrough.encodeRequest(
    read({ model: 'm', prompt: [1, 2], stream: true, best: 1 }),
    target,
  )
  assert.equal(path, '/completions')
  assert.deepEqual(body, {
    model: 'at-the-provider',
    prompt: [1, 2],
    stream: true,
    best: 1,
    stream_options: { include_usage: true },
  })
})

const stream = [
  '{"id":"c","created":5,"model":"x","choices":[{"index":0,"text":"On","finish_reason":null}]}',
  '{"choices":[{"index":1,"text":"Tw"}]}',
  '{"choices":[{"index":0,"text":"e","finish_reason":"length"},{"index":1,"text":"o","finish_reason":"stop"}]}',
  '{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}',
  '[DONE]',
]
  .map((data) => `data: ${data}\n\n`)
  .join('')

test('a stream of two choices comes out as it went in', () => {
  const context = { request: { ...read({ model: 'm', prompt: 'p' }), includeUsage: true }, requestId: 'r', nowSeconds: 9 }
  const seen = events(stream)
  const encode = openaiCompletions.encodeStream(context)
  const again = events(seen.map(encode).join(''))
  assert.deepEqual(
    again.filter(({ kind }) => kind !== 'start' && kind !== 'usage'),
    seen.filter(({ kind }) => kind !== 'start' && kind !== 'usage'),
  )
  const usage = seen.find((event) => event.kind === 'usage')
  assert.deepEqual(usage?.usage, { input: 3, output: 4, cacheRead: 0, cacheWrite: 0, reasoning: 0 })
  assert.equal(seen.at(-1)?.kind, 'end')
})

test('a stream cut short, or one with an error inside, is a failure', () => {
  const cut = events(stream.slice(0, stream.indexOf('data: {"choices":[{"index":0,"text":"e"')))
  assert.equal(cut.at(-1)?.kind, 'failure')
  const failed = events('data: {"error":{"message":"The server is overloaded","code":503}}\n\n').at(-1)
  assert.equal(failed?.kind === 'failure' && failed.failure.kind, 'overloaded')
})
