import { err, ok, type Result } from '#lib/result.ts'
import { adminBase, noAnswer } from './admin-base.ts'

const timeoutMs = 3000

/** Asks a running relay's admin port. `admin` is an address (`127.0.0.1:7071`, `:7071`) or a URL; a `body` is posted. */
export async function adminFetch(
  admin: string,
  path: string,
  { body, stop }: { readonly body?: string; readonly stop?: AbortSignal } = {},
): Promise<Result<string, string>> {
  const base = adminBase(admin)
  if (!base.ok) return base
  try {
    const response = await fetch(base.value + path, {
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(stop === undefined ? [] : [stop])]),
      redirect: 'error',
      ...(body === undefined ? {} : { method: 'POST', body }),
    })
    const answer = await response.text()
    return response.ok ? ok(answer) : err(`${base.value}${path} answered ${response.status}: ${answer.trim()}`)
  } catch (error) {
    return err(noAnswer(base.value, error))
  }
}
