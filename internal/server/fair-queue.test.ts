import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createFairQueue, type FairQueue, type Queued } from './fair-queue.ts'

const [low, normal, high] = [0, 1, 2] as const

/** Entries are named by their client and a number: `a1`. */
const entry = (name: string, level: number = normal): Queued<string> => ({ value: name, level, client: name[0] ?? '' })

function queueOf(limit: number, ...entries: readonly Queued<string>[]): { queue: FairQueue<string>; away: readonly string[] } {
  const queue = createFairQueue<string>(3)
  return { queue, away: entries.flatMap((each) => queue.push(each, limit)?.value ?? []) }
}

function drain(queue: FairQueue<string>): readonly string[] {
  const order: string[] = []
  for (let value = queue.shift(); value !== undefined; value = queue.shift()) order.push(value)
  return order
}

test('fair queue: clients take turns, each in its own order', () => {
  const { queue } = queueOf(10, ...['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2'].map((name) => entry(name)))
  assert.deepEqual(drain(queue), ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4'])
})

test('fair queue: a client that comes later does not wait behind all of another', () => {
  const { queue } = queueOf(100, ...Array.from({ length: 50 }, (_, at) => entry(`a${at}`)))
  assert.equal(queue.shift(), 'a0')
  queue.push(entry('b1'), 100)
  assert.deepEqual([queue.shift(), queue.shift()], ['a1', 'b1'])
})

test('fair queue: the higher level goes first', () => {
  const { queue } = queueOf(10, entry('a1', low), entry('a2'), entry('b1', low), entry('b2', high))
  assert.deepEqual(drain(queue), ['b2', 'a2', 'a1', 'b1'])
})

test('fair queue: when it is full the lowest level loses first, and there the client that has most', () => {
  assert.deepEqual(queueOf(2, entry('a1'), entry('a2'), entry('a3')).away, ['a3'])
  assert.deepEqual(queueOf(3, entry('a1'), entry('a2'), entry('a3'), entry('b1')).away, ['a3'])
  assert.deepEqual(queueOf(3, entry('a1', low), entry('b1'), entry('b2'), entry('b3')).away, ['a1'])
  assert.deepEqual(queueOf(2, entry('a1'), entry('b1'), entry('c1', low)).away, ['c1'])
  assert.deepEqual(queueOf(2, entry('a1'), entry('b1'), entry('c1')).away, ['c1'])
  assert.deepEqual(queueOf(0, entry('a1')).away, ['a1'])
})

test('fair queue: what is removed gets no turn', () => {
  const [one, two] = [entry('a1'), entry('a2')]
  const { queue } = queueOf(5, one, two, entry('b1'))
  queue.remove(one)
  queue.remove(one)
  assert.equal(queue.size(), 2)
  assert.deepEqual(drain(queue), ['a2', 'b1'])
})

test('fair queue: whatever happens, nothing is lost or doubled, and nobody waits for more than one turn of each other client', () => {
  const name = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 2 }))
  fc.assert(
    fc.property(fc.array(name, { maxLength: 60 }), fc.integer({ min: 0, max: 20 }), (names, limit) => {
      const entries = names.map(([client, level], at) => entry(`${client}${at}`, level))
      const { queue, away } = queueOf(limit, ...entries)
      const size = queue.size()
      assert.ok(size <= limit)
      const order = drain(queue)
      assert.equal(order.length, size)
      assert.deepEqual([...order, ...away].toSorted(), entries.map(({ value }) => value).toSorted())
      assert.equal(queue.size(), 0)
    }),
  )
})
