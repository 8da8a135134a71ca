import { adminFetch } from './admin-fetch.ts'
import { exitCodes } from './exit.ts'
import { complain } from './terminal.ts'

/** `outrigger healthcheck`: 0 when the relay says that it is ready. */
export async function healthcheck({ admin }: { readonly admin: string }): Promise<number> {
  const answer = await adminFetch(admin, '/readyz')
  if (answer.ok) return exitCodes.ok
  complain(answer.error)
  return exitCodes.failed
}
