import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { asObject } from '#lib/json.ts'
import { keyVariables, writeStarter } from './starter.ts'

test('without a key there is nothing to write', () => {
  assert.equal(writeStarter({ PATH: '/bin', OPENAI_API_KEY: '' }), undefined)
})

test('the keys found, and only they, become providers; the file holds no key', () => {
  const starter = writeStarter({ OPENAI_API_KEY: 'sk-very-secret', GOOGLE_API_KEY: 'also' })
  assert.deepEqual(starter?.providers, ['openai', 'gemini'])
  assert.doesNotMatch(starter?.text ?? '', /very-secret/)
  const file = asObject(parse(starter?.text ?? ''))
  assert.deepEqual(file['providers'], { openai: { api_key: '${OPENAI_API_KEY}' }, gemini: { api_key: '${GOOGLE_API_KEY}' } })
  assert.deepEqual(Object.keys(asObject(file['models'])), ['smart', 'fast', 'gpt-*', 'gemini-*'])
})

test('a vendor without a suggestion is named in a comment', () => {
  const starter = writeStarter({ OPENROUTER_API_KEY: 'x' })
  assert.match(starter?.text ?? '', /# smart: name a model of openrouter here/)
  assert.ok(keyVariables().size > 8)
})
