import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RequestEnded } from '#canonical/observe.ts'
import { createUsualOutput } from './usual-output.ts'

const ended = (output: number, rest: Partial<RequestEnded> = {}): RequestEnded => ({
  kind: 'request_ended',
  requestId: 'r',
  dialect: 'openai-chat',
  route: 'm',
  outcome: 'ok',
  status: 200,
  stream: false,
  attempts: [],
  usage: { input: 1, output, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
  durationMs: 1,
  overheadMs: 0,
  dropped: [],
  atMs: 0,
  ...rest,
})

test('usual output: the mean of the first answers, once there are five, by route', () => {
  const usual = createUsualOutput()
  for (const output of [100, 200, 300, 400]) usual.observe(ended(output))
  assert.equal(usual.of('m'), undefined)
  usual.observe(ended(500))
  assert.equal(usual.of('m'), 300)
  assert.equal(usual.of('other'), undefined)
})

test('usual output: it follows when answers become longer', () => {
  const usual = createUsualOutput()
  for (let count = 0; count < 100; count++) usual.observe(ended(100))
  for (let count = 0; count < 100; count++) usual.observe(ended(1000))
  assert.ok((usual.of('m') ?? 0) > 990)
})

test('usual output: only whole answers tell how long answers are', () => {
  const usual = createUsualOutput()
  for (let count = 0; count < 10; count++) usual.observe(ended(1, { outcome: 'truncated' }))
  assert.equal(usual.of('m'), undefined)
})
