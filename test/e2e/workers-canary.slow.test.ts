import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  askAll,
  keepAsking,
  provider,
  rewrite,
  skipWithoutProc as skip,
  startWorkers,
  times,
  until,
  withModel,
  workerIds,
  yamlFor,
} from '../support/worker-group.ts'

test('workers: with a guard the first has the new file alone until it has been watched; if it dies the next one has it', {
  skip,
}, async () => {
  const guarded = await startWorkers(yamlFor(await provider(200), 'reload: { guard: 3s }\n'))
  const end = keepAsking(guarded, 2)
  rewrite(guarded, withModel)
  await until(() => times(guarded, 'config reloaded') > 0, 'nobody has the new file', guarded)
  assert.deepEqual(await askAll(guarded, 'added'), [200, 404])
  assert.equal(times(guarded, 'config reloaded'), 1)

  const [first = 0, second = 0] = workerIds(guarded)
  await end()
  process.kill(first, 'SIGKILL')
  await until(() => times(guarded, 'config reloaded') > 1, 'the next one does not try it', guarded)
  await until(() => times(guarded, 'all workers have the new file') > 0, 'not all have the new file in the end', guarded)
  assert.deepEqual(await askAll(guarded, 'added'), [200])
  assert.ok(workerIds(guarded).includes(second))
  assert.equal(workerIds(guarded).length, 2)
})
