import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTarget } from './request-target.ts'

const targets = [
  '/v1/chat/completions',
  '/v1beta/models/gemini-3.7-flash:generateContent',
  '/v1beta/models/a:streamGenerateContent?alt=sse',
  '/v1/models/a%2Fb',
  '/',
  '/a/../b',
  '/a/./b',
  '/a/..',
  '/..',
  '/a.b..c',
  '/a#b',
  '/a b',
  '/ä',
  'http://elsewhere/x?y=1',
  '*',
]

for (const target of targets) {
  test(`request target: ${target} is what a URL parser makes of it`, () => {
    const url = new URL(target, 'http://relay')
    const read = readTarget(target)
    assert.deepEqual([read?.path, read?.search], [url.pathname, url.search])
    assert.equal(read?.query.toString(), url.searchParams.toString())
  })
}

const slashes: readonly (readonly [target: string, path: string])[] = [
  ['//v1/chat/completions', '/v1/chat/completions'],
  ['/v1//chat/completions/?a=//b/', '/v1/chat/completions'],
  ['//', '/'],
  ['//evil/x', '/evil/x'],
  ['///a/', '/a'],
  ['http://relay//v1//models', '/v1/models'],
  // Another server's names are its own.
  ['//providers/own//files/', '/providers/own//files/'],
]

for (const [target, path] of slashes) {
  test(`request target: of ${target} the path is ${path}`, () => assert.equal(readTarget(target)?.path, path))
}

test('request target: what is none is told', () => {
  assert.equal(readTarget('http://'), undefined)
})
