import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Request } from '#canonical/request.ts'
import type { EncodeTarget } from './dialect.ts'
import { dialectByName } from './registry.ts'

const stop = ['1', '2', '3', '4', '5', '6', '\n', '']

function encoded(dialect: 'openai-chat' | 'openai-responses' | 'anthropic' | 'gemini', taken: boolean) {
  const request: Request = {
    dialect: 'openai-chat',
    model: 'm',
    stream: false,
    messages: [{ role: 'user', parts: [{ kind: 'text', text: 'hi' }] }],
    tools: [],
    params: { stop },
    output: { format: 'text' },
    ext: {},
    raw: {},
  }
  const traits: EncodeTarget['traits'] = {
    sampling: 'all',
    stop: taken,
    reasoning: { kind: 'none' },
    forcedTool: 'yes',
    prefill: false,
    lateSystem: true,
    imagesInToolResults: false,
    jsonSchema: true,
  }
  return dialectByName(dialect).encodeRequest(request, { model: 'm', quirks: { vendor: 'x' }, traits })
}

test('stop sequences that a provider does not take are left to the relay, and none is lost', () => {
  const asked = stop.filter((sequence) => sequence !== '')
  const counts = { 'openai-chat': 4, 'openai-responses': 0, anthropic: 6, gemini: 5 } as const
  for (const dialect of ['openai-chat', 'openai-responses', 'anthropic', 'gemini'] as const) {
    const { body, cutAt, losses } = encoded(dialect, true)
    assert.deepEqual(cutAt, asked.slice(counts[dialect]), dialect)
    const text = JSON.stringify(body)
    assert.equal(text.includes(JSON.stringify(asked.slice(0, counts[dialect]))), counts[dialect] > 0, dialect)
    assert.deepEqual(losses, [], dialect)
    assert.deepEqual(encoded(dialect, false).cutAt, asked, dialect)
  }
})
