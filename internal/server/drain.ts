import type { Server } from 'node:http'
import { Server as Listening } from 'node:net'
import type { Clock } from '#lib/clock.ts'

// Connections that are in use are told to close with their next answer. One that is idle may have a request on its way: it has this long.
const graceMs = 300
// Idle keep-alive connections become idle one by one while requests end: looked for this often.
const idleCheckMs = 50

/**
 * Stops taking connections and waits until the requests under way have ended, but no longer than `deadlineMs`; then the
 * rest is cut. Gives how many connections had to be cut.
 */
export async function drain(server: Server, deadlineMs: number, clock: Clock): Promise<number> {
  if (!server.listening) return 0
  const closed = new Promise<void>((resolve) => {
    // Not the HTTP server's own `close`, which cuts idle connections at once, and with them what is on its way.
    Listening.prototype.close.call(server, () => resolve())
  })
  let over = false
  let cut = 0
  const closeIdle = (): void => {
    if (over) return
    server.closeIdleConnections()
    clock.after(idleCheckMs, closeIdle)
  }
  const cancelGrace = clock.after(Math.min(graceMs, deadlineMs), closeIdle)
  const cancelDeadline = clock.after(deadlineMs, () => {
    server.getConnections((_error, count) => {
      cut = count
      server.closeAllConnections()
    })
  })
  await closed
  over = true
  cancelGrace()
  cancelDeadline()
  return cut
}
