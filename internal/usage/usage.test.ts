import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { RequestEnded } from '#canonical/observe.ts'
import { createClock } from '#lib/clock.ts'
import { createFakeClock } from '#lib/fake-clock.ts'
import { createBacklog } from './backlog.ts'
import { createFileSink } from './file-sink.ts'
import { createHttpSink, type PostLines } from './http-sink.ts'
import { createLedger } from './ledger.ts'
import { mergeDays } from './merge-days.ts'
import { usageLine } from './record.ts'

const event: RequestEnded = {
  kind: 'request_ended',
  requestId: 'r1',
  dialect: 'anthropic',
  route: 'smart',
  target: { id: 'a/x', provider: 'a', model: 'x', dialect: 'anthropic', weight: 1 },
  outcome: 'ok',
  status: 200,
  stream: false,
  attempts: [{ target: 'b/y', outcome: 'server', durationMs: 1, wasted: { usd: 0.5, reason: 'failed' } }],
  usage: { input: 10, output: 5, cacheRead: 4, cacheWrite: 0, reasoning: 0 },
  costUsd: 1,
  durationMs: 12.4,
  overheadMs: 1,
  dropped: [],
  client: 'web',
  atMs: 0,
}

const silent = { written() {}, lost() {}, failed() {} }
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('a record has the names of the access log and what a bill is made of', () => {
  const line = usageLine(event, 'request', Date.UTC(2026, 0, 5))
  assert.ok(line.endsWith('}\n'))
  const { time, request_id, kind, client, route, target, input_tokens, cost_usd, wasted_usd, message } = JSON.parse(line)
  assert.deepEqual(
    [time, request_id, kind, client, route, target, input_tokens, cost_usd, wasted_usd, message],
    ['2026-01-05T00:00:00.000Z', 'r1', 'request', 'web', 'smart', 'a/x', 10, 1, 0.5, 'request finished'],
  )
})

test('the ledger adds up by day, client, route and target; vectors cost, but are no requests', () => {
  let nowMs = Date.UTC(2026, 0, 5, 23)
  const ledger = createLedger({ wallNowMs: () => nowMs })
  ledger.add(event, 'request')
  ledger.add({ ...event, cache: 'semantic', client: 'app', costUsd: 0 }, 'request')
  ledger.add({ ...event, route: 'vectors', attempts: [] }, 'cache_embedding')
  nowMs += 2 * 3_600_000
  ledger.add({ ...event, outcome: 'failed' }, 'request')
  const [today, yesterday] = ledger.days()
  assert.deepEqual([today?.day, today?.totals.requests, today?.totals.failed], ['2026-01-06', 1, 1])
  assert.equal(yesterday?.day, '2026-01-05')
  assert.deepEqual(
    yesterday?.groups.map(({ client, route, requests, cacheHits, costUsd }) => [client, route, requests, cacheHits, costUsd]),
    [
      ['web', 'smart', 1, 0, 1],
      ['web', 'vectors', 0, 0, 1],
      ['app', 'smart', 1, 1, 0],
    ],
  )
  assert.deepEqual([yesterday?.totals.requests, yesterday?.totals.costUsd, yesterday?.totals.inputTokens], [2, 2, 30])
})

test('the ledger keeps so many days and groups; the rest is counted together', () => {
  let nowMs = 0
  const ledger = createLedger({ wallNowMs: () => nowMs, mostDays: 2, mostGroups: 3 })
  for (let day = 0; day < 4; day++) {
    nowMs = day * 86_400_000
    for (let client = 0; client < 10; client++) ledger.add({ ...event, client: `c${client}` }, 'request')
  }
  assert.deepEqual(
    ledger.days().map(({ day }) => day),
    ['1970-01-04', '1970-01-03'],
  )
  const groups = ledger.days()[0]?.groups ?? []
  assert.equal(groups.length, 4)
  assert.equal(groups.find(({ client }) => client === '(others)')?.requests, 7)
})

test('what several processes have added up becomes one', () => {
  const ledgers = [1, 2].map(() => createLedger({ wallNowMs: () => 0 }))
  for (const ledger of ledgers) ledger.add(event, 'request')
  ledgers[0]?.add({ ...event, client: 'app', costUsd: 9 }, 'request')
  const [day] = mergeDays(ledgers.map(({ days }) => days()))
  assert.deepEqual([day?.totals.requests, day?.totals.costUsd], [3, 11])
  assert.deepEqual(
    day?.groups.map(({ client, requests, costUsd }) => [client, requests, costUsd]),
    [
      ['app', 1, 9],
      ['web', 2, 2],
    ],
  )
})

test('a backlog keeps to its bytes: the oldest lines go, and are counted', () => {
  let lost = 0
  const backlog = createBacklog(1000, (count) => {
    lost += count
  })
  for (let count = 0; count < 100; count++) backlog.add(`${String(count).padStart(49, '0')}\n`)
  assert.equal(backlog.size() + lost, 100)
  assert.ok(backlog.size() >= 18 && backlog.size() <= 20)
  assert.equal(Number(backlog.take(1)[0]), lost)
})

test('a file that was moved away or removed is opened anew, and no line is lost', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-usage-'))
  const path = join(folder, 'usage.jsonl')
  const written: number[] = []
  const clock = createFakeClock()
  const sink = createFileSink({ path, clock, told: { ...silent, written: (count) => written.push(count) } })
  const add = async (line: string): Promise<void> => {
    sink.add(line)
    clock.advance(1000)
    while (sink.pending() > 0) await tick()
  }
  try {
    await add('one\n')
    renameSync(path, `${path}.1`)
    await add('two\n')
    assert.equal(readFileSync(`${path}.1`, 'utf8'), 'one\n')
    assert.equal(readFileSync(path, 'utf8'), 'two\n')
    rmSync(path)
    sink.add('three\n')
    await sink.close()
    assert.equal(readFileSync(path, 'utf8'), 'three\n')
    assert.deepEqual(written, [1, 1, 1])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('lines wait while the file cannot be opened, and what never could be written is told as lost', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-usage-'))
  rmSync(folder, { recursive: true })
  const told: string[] = []
  const sink = createFileSink({
    path: join(folder, 'usage.jsonl'),
    clock: createClock(),
    told: { written() {}, failed: () => told.push('failed'), lost: (count, reason) => told.push(`${reason} ${count}`) },
  })
  sink.add('one\n')
  await sink.close()
  assert.deepEqual(told, ['failed', 'stopped 1'])
})

function httpWorld(answers: readonly (number | 'none')[], batch = 2) {
  const posts: { readonly body: string; readonly headers: Readonly<Record<string, string>> }[] = []
  const told: string[] = []
  const left = [...answers]
  const clock = createFakeClock()
  const post: PostLines = (_url, body, headers) => {
    posts.push({ body, headers })
    const answer = left.shift() ?? 200
    return answer === 'none' ? Promise.reject(new Error('refused https://secret@host')) : Promise.resolve(answer)
  }
  const secret = { live: false, reveal: () => 's3cret', toString: () => '', toJSON: () => '' }
  const sink = createHttpSink({
    settings: { url: 'http://sink', token: secret, batch, interval: 5000, timeout: 1000, max_pending: 1000 },
    post,
    clock,
    told: {
      written: (count) => told.push(`written ${count}`),
      lost: (count, reason) => told.push(`${reason} ${count}`),
      failed: (error) => told.push(String(error)),
    },
  })
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    for (let turn = 0; turn < 5; turn++) await tick()
  }
  return { sink, posts, told, pass }
}

test('lines go in batches: at once when one is full, else after a while, with the secret', async () => {
  const { sink, posts, told, pass } = httpWorld([])
  for (const line of ['1\n', '2\n', '3\n']) sink.add(line)
  await pass(0)
  assert.deepEqual(
    posts.map(({ body }) => body),
    ['1\n2\n', '3\n'],
  )
  sink.add('4\n')
  await pass(4000)
  assert.equal(posts.length, 2)
  await pass(1000)
  assert.equal(posts[2]?.body, '4\n')
  assert.equal(posts[0]?.headers['authorization'], 'Bearer s3cret')
  assert.deepEqual(told, ['written 2', 'written 1', 'written 1'])
})

test('a batch that did not arrive goes again, the same and in order; one that is refused is lost and counted', async () => {
  const { sink, posts, told, pass } = httpWorld([503, 'none', 200, 400])
  sink.add('1\n')
  await pass(5000)
  sink.add('2\n')
  await pass(1000)
  assert.deepEqual(
    posts.map(({ body }) => body),
    ['1\n', '1\n'],
  )
  await pass(2000)
  assert.deepEqual(
    posts.map(({ body }) => body),
    ['1\n', '1\n', '1\n', '2\n'],
  )
  const ids = posts.map(({ headers }) => headers['x-outrigger-batch-id'])
  assert.ok(ids[0] === ids[1] && ids[1] === ids[2] && ids[2] !== ids[3])
  assert.deepEqual(told, ['Error: status 503', 'Error: no answer', 'written 1', 'refused 1'])
})

test('what cannot be sent before the end is told as lost', async () => {
  const { sink, told } = httpWorld(['none'])
  sink.add('1\n')
  await sink.close()
  assert.deepEqual(told, ['Error: no answer', 'stopped 1'])
})
