import assert from 'node:assert/strict'
import type { Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClock } from '#lib/clock.ts'
import { drain } from './drain.ts'
import { createLightServer } from './http/server.ts'

/** A server that answers after some milliseconds, and says close while it drains. */
async function start(delayMs: number): Promise<{ readonly server: Server; readonly port: number; draining: boolean }> {
  const server = createLightServer({}, (_request, response) => {
    setTimeout(() => {
      if (world.draining) response.closeAfter()
      response.end('done')
    }, delayMs)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const world = { server, port: typeof address === 'object' ? (address?.port ?? 0) : 0, draining: false }
  return world
}

const question = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'

/** A connection that has had one answer, and what it hears afterwards. */
async function idleConnection(
  port: number,
): Promise<{ readonly socket: Socket; readonly heard: () => string; readonly ended: Promise<void> }> {
  const socket = connect(port, '127.0.0.1')
  let heard = ''
  socket.on('data', (bytes) => {
    heard += String(bytes)
  })
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.write(question)
  while (!heard.includes('done')) await sleep(5)
  heard = ''
  return { socket, heard: () => heard, ended }
}

test('drain: a request that is on its way over an idle connection is answered, and the connection ends with it', async () => {
  const world = await start(20)
  const { socket, heard, ended } = await idleConnection(world.port)
  world.draining = true
  const drained = drain(world.server, 5000, createClock())
  socket.write(question)
  await ended
  assert.match(heard(), /connection: close[\s\S]*done/i)
  assert.equal(await drained, 0)
})

test('drain: connections that stay idle are closed; nobody new is let in', async () => {
  const world = await start(0)
  const { ended } = await idleConnection(world.port)
  const drained = drain(world.server, 5000, createClock())
  const code = await new Promise((resolve) =>
    connect(world.port, '127.0.0.1').once('error', (error) => resolve('code' in error ? error.code : error.message)),
  )
  assert.equal(code, 'ECONNREFUSED')
  await ended
  assert.equal(await drained, 0)
})

test('drain: what does not end in time is cut, and counted', async () => {
  const world = await start(60_000)
  const socket = connect(world.port, '127.0.0.1')
  socket.write(question)
  await sleep(50)
  assert.equal(await drain(world.server, 100, createClock()), 1)
  socket.destroy()
})
