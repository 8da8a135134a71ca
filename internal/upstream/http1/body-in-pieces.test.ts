import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, counted, ok, ours, provider, question } from '../../../test/support/raw-provider.ts'

test('a body in pieces is written as the provider takes it, and its connection used again', async () => {
  const pieces = Array.from({ length: 64 }, () => Buffer.alloc(128 * 1024, 'x'))
  const bytes = pieces.length * 128 * 1024
  let received = 0
  let taking: Socket | undefined
  const { origin, connections } = await counted((socket) => {
    taking = socket
    socket.pause()
    socket.on('data', (came) => {
      received += came.length
      if (received >= bytes) socket.write(`${ok}Content-Length: 2\r\n\r\nhi`)
    })
    setTimeout(() => socket.resume(), 50)
  })
  const to = ours(origin)
  const asked = ask(to, { ...question, body: pieces })
  await sleep(30)
  assert.ok(taking !== undefined && received === 0)
  assert.equal((await asked.ended).body, 'hi')
  await ask(to).ended
  assert.equal(connections(), 1)
})

test('a body in pieces is not written on when its request has ended', async () => {
  let received = 0
  let isClosed = false
  const origin = await provider((socket) => {
    socket.on('data', (came) => {
      received += came.length
    })
    socket.on('close', () => {
      isClosed = true
    })
  })
  const pieces = Array.from({ length: 64 }, () => Buffer.alloc(128 * 1024, 'x'))
  const asked = ask(ours(origin), { ...question, body: pieces })
  while (received === 0) await sleep(1)
  asked.controller()?.abort(new Error('enough'))
  assert.equal((await asked.ended).error?.message, 'enough')
  while (!isClosed) await sleep(1)
  assert.ok(received < pieces.length * 128 * 1024)
})
