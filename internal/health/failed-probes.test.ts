import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFailedProbes } from './failed-probes.ts'

test('failed probes: two in a row after the moment show it, one does not, nor do those before', () => {
  const probes = createFailedProbes()
  probes.failed('a', 100)
  assert.equal(probes.twiceSince('a', 0), false)
  probes.failed('a', 200)
  assert.deepEqual([probes.twiceSince('a', 50), probes.twiceSince('a', 150), probes.twiceSince('b', 50)], [true, false, false])
})

test('failed probes: a success between makes them begin anew', () => {
  const probes = createFailedProbes()
  probes.failed('a', 100)
  probes.succeeded('a')
  probes.failed('a', 200)
  assert.equal(probes.twiceSince('a', 0), false)
})
