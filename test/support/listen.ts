import type { Server } from 'node:net'

/** Listens on this machine alone; gives the port, which the system chose. */
export async function listenLocally(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return address === null || typeof address === 'string' ? 0 : address.port
}
