import { connect, createServer, type Socket } from 'node:net'
import { listenLocally } from './listen.ts'

/** A link to a server on this machine whose answers come as late as it is told. */
export type SlowLink = {
  readonly port: number
  /** From now on, in milliseconds. */
  readonly delay: (ms: number) => void
  readonly close: () => Promise<void>
}

export async function startSlowLink(serverPort: number): Promise<SlowLink> {
  let delayMs = 0
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(serverPort, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    near.on('data', (bytes) => far.write(bytes))
    // Each piece is as late as the link was when it came, but never before the one that came earlier.
    let dueMs = 0
    far.on('data', (bytes) => {
      dueMs = Math.max(dueMs, performance.now() + delayMs)
      setTimeout(() => near.destroyed || near.write(bytes), dueMs - performance.now())
    })
  })
  const port = await listenLocally(server)
  return {
    port,
    delay(ms) {
      delayMs = ms
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
