import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RelayEvent } from '#canonical/observe.ts'
import { keepBooks } from './books.ts'

const started = (requestId: string): RelayEvent => ({ kind: 'request_started', requestId, dialect: 'openai-chat', atMs: 0 })

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('each observer hears of all that happened in a turn, in order, at its end', async () => {
  const heard: string[] = []
  const observer =
    (name: string) =>
    (event: RelayEvent): void =>
      void heard.push(`${name} ${'requestId' in event ? event.requestId : ''}`)
  const books = keepBooks([observer('a'), observer('b')], (error) => assert.fail(String(error)))
  books.observe(started('1'))
  books.observe(started('2'))
  assert.deepEqual(heard, [])
  await turn()
  assert.deepEqual(heard, ['a 1', 'a 2', 'b 1', 'b 2'])
  books.observe(started('3'))
  books.settle()
  assert.deepEqual(heard.slice(4), ['a 3', 'b 3'])
  await turn()
  assert.equal(heard.length, 6)
})

test('an observer that throws keeps nothing from the others, nor from itself', () => {
  const heard: RelayEvent[] = []
  const bugs: unknown[] = []
  const broken = (event: RelayEvent): void => {
    if ('requestId' in event && event.requestId === '1') throw new TypeError('not thought of')
    heard.push(event)
  }
  const books = keepBooks([broken, (event) => void heard.push(event)], (error) => bugs.push(error))
  books.observe(started('1'))
  books.observe(started('2'))
  books.settle()
  assert.equal(heard.length, 3)
  assert.deepEqual(bugs, [new TypeError('not thought of')])
})
