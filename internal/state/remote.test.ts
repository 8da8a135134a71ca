import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryStore } from './memory.ts'
import { createRemoteStore, type RemoteStore, serveStore } from './remote.ts'
import type { Take } from './store.ts'

test('two workers count together', async () => {
  const kept = createMemoryStore(() => 0)
  const worker = (): RemoteStore => {
    const remote: RemoteStore = createRemoteStore(
      (message) => void serveStore(kept, structuredClone(message), (answer) => remote.receive(structuredClone(answer))),
      () => 0,
    )
    return remote
  }
  const [one, two] = [worker(), worker()]
  const take: Take = { kind: 'rate', key: 'k', amount: 1, limit: 2, windowMs: 60_000 }
  assert.deepEqual((await one.take([take])).ok, true)
  assert.deepEqual((await two.take([take])).ok, true)
  assert.deepEqual((await one.take([take])).ok, false)
  two.give([{ kind: 'rate', key: 'k', amount: -1, windowMs: 60_000, takenMs: 0 }])
  assert.deepEqual((await one.take([take])).ok, true)
})
