import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RequestEnded } from '#canonical/observe.ts'
import { createReloadGuard, type ReloadGuard, worseText } from './reload-guard.ts'

function ended(atMs: number, rest: Partial<RequestEnded> = {}): RequestEnded {
  return {
    kind: 'request_ended',
    requestId: 'r',
    dialect: 'openai-chat',
    route: 'x',
    outcome: 'ok',
    status: 200,
    stream: true,
    attempts: [],
    durationMs: 10,
    firstTokenMs: 100,
    overheadMs: 0,
    dropped: [],
    atMs,
    ...rest,
  }
}

const failed = { outcome: 'failed', status: 502 } as const

function feed(
  guard: ReloadGuard,
  count: number,
  atMs: number,
  rest: (index: number) => Partial<RequestEnded> = () => ({}),
): void {
  for (let index = 0; index < count; index++) guard.observe(ended(atMs + index, rest(index)))
}

test('a file under which requests fail is clearly worse', () => {
  const guard = createReloadGuard()
  feed(guard, 100, 0, (index) => (index % 50 === 0 ? failed : {}))
  guard.begin(1000, 60_000)
  feed(guard, 19, 1020, () => failed)
  assert.equal(guard.judge(1050), undefined, 'too few to say')
  feed(guard, 20, 1100)
  const worse = guard.judge(1200)
  assert.equal(worse?.what, 'error_rate')
  assert.match(worse === undefined ? '' : worseText(worse), /^48\.7 % of 39 requests failed, against 2\.0 % before$/)
})

test('a file under which the first token takes much longer is clearly worse', () => {
  const guard = createReloadGuard()
  feed(guard, 30, 0)
  guard.begin(1000, 60_000)
  feed(guard, 30, 1100, () => ({ firstTokenMs: 900 }))
  assert.deepEqual(guard.judge(1200), { what: 'first_token', beforeMs: 100, afterMs: 900, requests: 30 })
})

test('as bad as before, a little worse, begun before the reload, the client’s own mistakes: no reason', () => {
  const cases: readonly ((guard: ReloadGuard) => void)[] = [
    (guard) => feed(guard, 100, 1100, (index) => (index % 4 === 0 ? failed : {})),
    (guard) => feed(guard, 100, 1100, (index) => (index % 3 === 0 ? failed : { firstTokenMs: 550 })),
    (guard) => feed(guard, 100, 1100, () => ({ ...failed, durationMs: 500 })),
    (guard) => feed(guard, 100, 1100, () => ({ outcome: 'failed', status: 400 })),
  ]
  for (const after of cases) {
    const guard = createReloadGuard()
    feed(guard, 100, 0, (index) => (index % 4 === 0 ? failed : {}))
    guard.begin(1000, 60_000)
    after(guard)
    assert.equal(guard.judge(1300), undefined)
  }
})

test('after its time the guard says nothing more', () => {
  const guard = createReloadGuard()
  feed(guard, 100, 0)
  guard.begin(1000, 100)
  feed(guard, 100, 1050, () => failed)
  assert.equal(guard.judge(1200), undefined)
})
