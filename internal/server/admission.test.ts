import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock, type FakeClock } from '#lib/fake-clock.ts'
import { type Admission, type AdmissionLimits, type Admitted, createAdmission, type Priority } from './admission.ts'

type Lab = {
  readonly clock: FakeClock
  readonly admission: Admission
  /** Real time passes while the process does not run. */
  readonly stall: (ms: number) => void
  /** Enters; what became of it is written to `log` under this name. */
  readonly enter: (name: string, priority?: Priority) => void
  /** Ends the request of this name. */
  readonly leave: (name: string) => Promise<void>
  readonly log: () => Promise<readonly string[]>
}

function labOf(limits: Partial<AdmissionLimits>): Lab {
  const clock = createFakeClock()
  let stalledMs = 0
  const all = { maxConcurrent: 1, queue: 100, queueTimeoutMs: 5000, maxLagMs: 500, ...limits }
  const admission = createAdmission(
    () => all,
    clock,
    () => clock.now() + stalledMs,
  )
  const log: string[] = []
  const admitted = new Map<string, Admitted>()
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  return {
    clock,
    admission,
    stall(ms) {
      stalledMs += ms
    },
    enter(name, priority = 'normal') {
      void admission
        .enter(priority, () => name.replace(/\d/g, ''))
        .then((what) => {
          admitted.set(name, what)
          log.push(what.kind === 'admitted' ? name : `${name} ${what.reason}`)
        })
    },
    async leave(name) {
      await settled()
      const what = admitted.get(name)
      assert.ok(what?.kind === 'admitted', `${name} was not admitted`)
      what.release()
      what.release()
      await settled()
    },
    async log() {
      await settled()
      return log
    },
  }
}

test('admission: as many run as may, the others wait for a place, and a place is given once', async () => {
  const lab = labOf({ maxConcurrent: 2 })
  for (const name of ['a1', 'a2', 'a3']) lab.enter(name)
  assert.deepEqual(await lab.log(), ['a1', 'a2'])
  assert.deepEqual([lab.admission.inFlight(), lab.admission.queued()], [2, 1])
  await lab.leave('a1')
  assert.deepEqual(await lab.log(), ['a1', 'a2', 'a3'])
  assert.deepEqual([lab.admission.inFlight(), lab.admission.queued()], [2, 0])
})

test('admission: clients take turns, and the higher priority goes first', async () => {
  const lab = labOf({})
  for (const name of ['x', 'a1', 'a2', 'a3']) lab.enter(name)
  lab.enter('b1')
  lab.enter('c1', 'high')
  lab.enter('d1', 'low')
  for (const name of ['x', 'c1', 'a1', 'b1', 'a2', 'a3', 'd1']) await lab.leave(name)
  assert.deepEqual(await lab.log(), ['x', 'c1', 'a1', 'b1', 'a2', 'a3', 'd1'])
})

test('admission: who waits too long is turned away, and so is whoever does not fit into the queue', async () => {
  const lab = labOf({ queue: 2 })
  for (const name of ['x', 'a1', 'a2', 'b1']) lab.enter(name)
  assert.deepEqual(await lab.log(), ['x', 'a2 queue_full'])
  lab.clock.advance(5000)
  assert.deepEqual(await lab.log(), ['x', 'a2 queue_full', 'a1 queue_timeout', 'b1 queue_timeout'])
  assert.equal(lab.admission.queued(), 0)
  assert.equal(lab.clock.pending(), 1, 'only the watch on the event loop is left')
})

test('admission: when the event loop is late, low priority is turned away first, and nobody once it is not', async () => {
  const lab = labOf({ maxConcurrent: 100 })
  lab.enter('x')
  await lab.log()
  const enterAll = (name: string): void => {
    for (const priority of ['low', 'normal', 'high'] as const) lab.enter(`${name} ${priority}`, priority)
  }
  const told = async (name: string): Promise<readonly string[]> => (await lab.log()).filter((line) => line.startsWith(name))
  const lateFor = (looks: number, ms: number): void => {
    for (let look = 0; look < looks; look++) {
      lab.stall(ms)
      lab.clock.advance(100)
    }
  }
  lateFor(5, 0)
  lateFor(1, 60_000)
  enterAll('one long pause')
  assert.deepEqual(await told('one'), ['one long pause low', 'one long pause normal', 'one long pause high'])
  lateFor(5, 600)
  enterAll('late')
  assert.deepEqual(await told('late'), ['late low overloaded', 'late normal', 'late high'])
  lateFor(5, 12_000)
  enterAll('later')
  assert.deepEqual(await told('later'), ['later low overloaded', 'later normal overloaded', 'later high'])
  lateFor(5, 0)
  enterAll('well')
  assert.deepEqual(await told('well'), ['well low', 'well normal', 'well high'])
})

test('admission: nothing is looked at while nothing runs', async () => {
  const lab = labOf({})
  lab.enter('a1')
  await lab.leave('a1')
  lab.clock.advance(200)
  assert.equal(lab.clock.pending(), 0)
})
