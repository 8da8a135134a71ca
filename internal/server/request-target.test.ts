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
  '//evil/x',
  '/a//b',
  '/a/',
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

test('request target: what is none is told', () => {
  assert.equal(readTarget('//'), undefined)
})
