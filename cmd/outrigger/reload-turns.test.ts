import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '#lib/fake-clock.ts'
import { createReloadTurns, type FileVersion, type Turn } from './reload-turns.ts'

const versionOf = (id: string): FileVersion => ({ id, texts: [['routing.yaml', `text of ${id}`]] })

/** Turns of workers 1 to `count`; what is said to them is written down. */
function labOf(count: number) {
  const clock = createFakeClock()
  const said: string[] = []
  const turns = createReloadTurns(versionOf('v1'), {
    give: (worker, turn) => said.push(`${worker} ${told(turn)}`),
    tellTakenBack: (worker, id) => said.push(`${worker} lets ${id} be`),
    after: clock.after,
    onSettled: ({ id }) => said.push(`all have ${id}`),
    onTrouble: (what, worker) => said.push(`${worker}: ${what}`),
  })
  for (let worker = 1; worker <= count; worker++) turns.joined(worker, 'v1')
  return {
    clock,
    turns,
    /** What was said since the last time. */
    said: () => said.splice(0),
    /** The worker read the files and took what they hold. */
    took(worker: number, id: string, watched = false) {
      turns.done(worker, { ...versionOf(id), watched })
    },
    /** It was given what to take, or kept what it had. */
    has: (worker: number, id: string) => turns.done(worker, { id, watched: false }),
  }
}

function told({ reason, texts }: Turn): string {
  return texts === undefined ? `reads (${reason})` : `takes ${texts[0]?.[1].slice('text of '.length)}`
}

test('reload turns: one after the other, and the others take what the first has read', () => {
  const { turns, said, took, has } = labOf(3)
  turns.want('signal')
  assert.deepEqual(said(), ['1 reads (signal)'])
  turns.want('file')
  assert.deepEqual(said(), [], 'one at a time')
  took(1, 'v2')
  assert.deepEqual(said(), ['1 reads (file)'], 'what was written while it read')
  has(1, 'v2')
  assert.deepEqual(said(), ['2 takes v2'])
  has(2, 'v2')
  assert.deepEqual(said(), ['3 takes v2'])
  has(3, 'v2')
  assert.deepEqual(said(), ['all have v2'])
})

test('reload turns: what the first refuses no other is asked to take', () => {
  const { turns, said, has } = labOf(3)
  turns.want('file')
  has(1, 'v1')
  assert.deepEqual(said(), ['1 reads (file)'])
  assert.equal(turns.startWith().version.id, 'v1', 'one that starts now does not meet the bad file')
})

test('reload turns: a newer file overtakes the one that is under way', () => {
  const { turns, said, took, has } = labOf(3)
  turns.want('file')
  took(1, 'v2')
  has(2, 'v2')
  turns.want('file')
  said()
  has(3, 'v2')
  assert.deepEqual(said(), ['1 reads (file)'])
  took(1, 'v3')
  has(2, 'v3')
  has(3, 'v3')
  assert.deepEqual(said(), ['2 takes v3', '3 takes v3', 'all have v3'])
})

test('reload turns: a worker that dies or drains in its turn does not hold the others', () => {
  const { turns, said, took, has } = labOf(4)
  turns.want('file')
  turns.left(1, 'died')
  assert.deepEqual(said(), ['1 reads (file)', '2 reads (file)'])
  took(2, 'v2')
  turns.left(3, 'drains')
  assert.deepEqual(said(), ['3 takes v2', '4 takes v2'])
  has(4, 'v2')
  assert.deepEqual(said(), ['all have v2'])
  turns.joined(5, turns.startWith().version.id)
  assert.deepEqual(said(), [], 'a new one has it already')
})

test('reload turns: one that began before the others had a new file takes it when it serves', () => {
  const { turns, said, took, has } = labOf(2)
  const { version } = turns.startWith()
  turns.want('file')
  took(1, 'v2')
  has(2, 'v2')
  said()
  turns.joined(3, version.id)
  assert.deepEqual(said(), ['3 takes v2'])
})

test('reload turns: the first must have what the others have before it reads', () => {
  const { turns, said, took, has } = labOf(3)
  turns.want('file')
  took(1, 'v2')
  turns.want('file')
  turns.left(1, 'died')
  turns.left(2, 'died')
  assert.deepEqual(said(), ['1 reads (file)', '2 takes v2', '3 takes v2'])
  has(3, 'v2')
  assert.deepEqual(said(), ['3 reads (file)'])
  took(3, 'v1')
  assert.equal(turns.startWith().version.id, 'v1')
})

test('reload turns: one that does not answer is left behind, and brought along when it does', () => {
  const { turns, said, took, has, clock } = labOf(3)
  turns.want('file')
  clock.advance(20_000)
  assert.deepEqual(said(), ['1 reads (file)', '1: worker does not reload: the others go on', '2 reads (file)'])
  took(2, 'v2')
  has(3, 'v2')
  assert.deepEqual(said(), ['3 takes v2'])
  has(1, 'v1')
  assert.deepEqual(said(), ['1 takes v2'])
  assert.equal(clock.pending(), 1)
  has(1, 'v2')
  assert.deepEqual(said(), ['all have v2'])
  assert.equal(clock.pending(), 0)
})

test('reload turns: what kills two workers is left until the files change again', () => {
  const { turns, said } = labOf(3)
  turns.want('file')
  turns.left(1, 'died')
  turns.left(2, 'died')
  assert.deepEqual(said(), [
    '1 reads (file)',
    '2 reads (file)',
    '2: workers end while they take the new file: it is left until it changes again',
  ])
  turns.joined(4, 'v1')
  turns.want('start')
  assert.deepEqual(said(), [], 'those that start in their place do not try it either')
  turns.want('file')
  assert.deepEqual(said(), ['3 reads (file)'])
})

test('reload turns: one that cannot take what the first took is asked again when the files may have changed', () => {
  const { turns, said, took, has } = labOf(3)
  turns.want('file')
  took(1, 'v2')
  has(2, 'v1')
  has(3, 'v2')
  assert.deepEqual(said(), ['1 reads (file)', '2 takes v2', '3 takes v2'])
  turns.want('file')
  has(1, 'v2')
  assert.deepEqual(said(), ['1 reads (file)', '2 takes v2'])
  has(2, 'v2')
  assert.deepEqual(said(), ['all have v2'])
})

test('reload turns: with a guard the others wait until the first has been watched', () => {
  const { turns, said, took, has } = labOf(3)
  turns.want('file')
  took(1, 'v2', true)
  assert.deepEqual(said(), ['1 reads (file)'])
  assert.equal(turns.startWith().version.id, 'v1')
  turns.kept(1, 'v0')
  assert.deepEqual(said(), [], 'an older watch')
  turns.kept(1, 'v2')
  has(2, 'v2')
  has(3, 'v2')
  assert.deepEqual(said(), ['2 takes v2', '3 takes v2', 'all have v2'])
})

test('reload turns: what the guard of the first takes back no other takes, nor one that starts later', () => {
  const { turns, said, took, has } = labOf(2)
  turns.want('file')
  took(1, 'v2', true)
  turns.takenBack(1, 'v2', 'worse')
  assert.deepEqual(said(), ['1 reads (file)', '2 lets v2 be', '1 takes v1'])
  has(1, 'v1')
  assert.deepEqual(said(), [])
  assert.deepEqual(turns.startWith(), { version: versionOf('v1'), avoid: 'v2' })
  turns.want('file')
  took(1, 'v3')
  assert.equal(turns.startWith().avoid, undefined)
})

test('reload turns: what the guard of another one takes back all take back', () => {
  const { turns, said, took, has } = labOf(3)
  turns.want('file')
  took(1, 'v2', true)
  turns.kept(1, 'v2')
  has(2, 'v2')
  has(3, 'v2')
  turns.joined(4, 'v2')
  said()
  turns.takenBack(3, 'v2', 'worse')
  assert.deepEqual(said(), ['1 lets v2 be', '2 lets v2 be', '4 lets v2 be', '1 takes v1'])
  for (const worker of [1, 2, 3, 4]) has(worker, 'v1')
  assert.deepEqual(said(), ['2 takes v1', '3 takes v1', '4 takes v1'])
})

test('reload turns: a file that is put right while the first is watched is watched in its place', () => {
  const { turns, said, took, has } = labOf(2)
  turns.want('file')
  took(1, 'v2', true)
  turns.want('file')
  took(1, 'v3', true)
  turns.kept(1, 'v2')
  assert.deepEqual(said(), ['1 reads (file)', '1 reads (file)'])
  turns.want('file')
  took(1, 'v1', true)
  assert.deepEqual(said(), ['1 reads (file)'], 'back to what the others have')
  turns.want('file')
  took(1, 'v4', true)
  turns.left(1, 'drains')
  assert.deepEqual(said(), ['1 reads (file)', '2 reads (file)'], 'nobody watches any more: the next one tries')
  has(2, 'v1')
})
