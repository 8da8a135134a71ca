import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTurnEnd } from './turn-end.ts'

/** Does a step for each name at the end of the turn, in two parts with a wait between them; tells who did what when. */
function doSteps(names: readonly string[]): { readonly done: string[]; readonly all: Promise<unknown> } {
  const turnEnd = createTurnEnd()
  const done: string[] = []
  const all = Promise.all(
    names.map(async (name) => {
      await turnEnd()
      done.push(`${name} first`)
      await undefined
      done.push(`${name} second`)
    }),
  )
  return { done, all }
}

test('who waits for the end of the turn goes on after all that has come, step by step together', async () => {
  const { done, all } = doSteps(['a', 'b', 'c'])
  await Promise.resolve()
  await new Promise(process.nextTick)
  assert.deepEqual(done, [])
  await all
  assert.deepEqual(done, ['a first', 'b first', 'c first', 'a second', 'b second', 'c second'])
})

test('who begins to wait while others go on waits for the next turn', async () => {
  const turnEnd = createTurnEnd()
  const done: string[] = []
  const again = turnEnd().then(() => turnEnd().then(() => done.push('again')))
  await turnEnd()
  const other = new Promise((resolve) => setImmediate(resolve)).then(() => done.push('other'))
  await Promise.all([again, other])
  assert.deepEqual(done, ['again', 'other'])
})

test('a mistake in one keeps no other from going on', async () => {
  const turnEnd = createTurnEnd()
  const failed = turnEnd().then(() => Promise.reject(new Error('a mistake')))
  const done = turnEnd().then(() => 'done')
  await assert.rejects(failed, /a mistake/)
  assert.equal(await done, 'done')
})

test('at most 32 go on in one turn, in the order in which they came', async () => {
  const turnEnd = createTurnEnd()
  const done: number[] = []
  for (let number = 0; number < 80; number++) void turnEnd().then(() => done.push(number))
  const counts: number[] = []
  while (done.length < 80) {
    await new Promise((resolve) => setImmediate(resolve))
    counts.push(done.length)
  }
  assert.deepEqual(counts, [32, 64, 80])
  assert.deepEqual(
    done,
    done.toSorted((a, b) => a - b),
  )
})
