import type { Server } from 'node:http'
import type { Clock } from '#lib/clock.ts'

// Idle keep-alive connections become idle one by one while requests end: looked for this often.
const idleCheckMs = 50

/**
 * Stops taking connections and waits until the requests under way have ended, but no longer than `deadlineMs`; then the
 * rest is cut. Gives how many connections had to be cut.
 */
export async function drain(server: Server, deadlineMs: number, clock: Clock): Promise<number> {
  if (!server.listening) return 0
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  let over = false
  let cut = 0
  const closeIdle = (): void => {
    if (over) return
    server.closeIdleConnections()
    clock.after(idleCheckMs, closeIdle)
  }
  closeIdle()
  const cancelDeadline = clock.after(deadlineMs, () => {
    server.getConnections((_error, count) => {
      cut = count
      server.closeAllConnections()
    })
  })
  await closed
  over = true
  cancelDeadline()
  return cut
}
