import { adminFetch } from './admin-fetch.ts'
import { exitCodes } from './exit.ts'
import { complain } from './terminal.ts'

/** `outrigger healthcheck`: 0 when the relay says that it is ready. */
export async function healthcheck(options: { readonly admin: string }): Promise<number> {
  const answer = await adminFetch(options.admin, '/readyz')
  if (!answer.ok) {
    complain(answer.error)
    return exitCodes.failed
  }
  return exitCodes.ok
}
