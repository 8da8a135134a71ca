import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createIdleJudge } from './idle-memory.ts'

const mib = 1024 * 1024

/** What is decided in each second, of heaps in MiB. */
function decisions(seconds: readonly { readonly heap: number; readonly busy?: number; readonly inFlight?: number }[]): string {
  const isTime = createIdleJudge(2)
  return seconds
    .map(({ heap, busy = 0, inFlight = 0 }) => (isTime({ busy, inFlight, heapUsed: heap * mib }) ? 'x' : '.'))
    .join('')
}

test('what requests have left is collected once they have ended for two seconds, and once more', () => {
  const under = { heap: 60, busy: 0.8, inFlight: 3 }
  assert.equal(decisions([{ heap: 20 }, under, { heap: 70 }, { heap: 70 }, { heap: 25 }, { heap: 20 }, { heap: 20 }]), '...xx..')
})

test('nothing is collected while a request is under way, or the process has much to do', () => {
  const waiting = { heap: 90, inFlight: 1 }
  const busy = { heap: 90, busy: 0.2 }
  assert.equal(decisions([{ heap: 20 }, waiting, waiting, waiting, busy, busy, busy]), '.......')
})

test('a process that is idle anyway collects only what has become much', () => {
  const slowly = Array.from({ length: 20 }, (_, at) => ({ heap: 20 + at / 2 }))
  assert.equal(decisions(slowly), '................xx..')
})

test('what V8 itself has collected before does not count', () => {
  const under = { heap: 28, busy: 0.8 }
  assert.equal(decisions([{ heap: 37 }, { heap: 20 }, { heap: 20 }, under, { heap: 29 }, { heap: 29 }, { heap: 20 }]), '.....xx')
})

test('a request between the two collections puts off the second', () => {
  assert.equal(
    decisions([
      { heap: 20 },
      { heap: 60, busy: 1 },
      { heap: 60 },
      { heap: 60 },
      { heap: 30, inFlight: 1 },
      { heap: 31 },
      { heap: 31 },
    ]),
    '...x...',
  )
})
