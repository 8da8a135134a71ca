import { parseAddress, urlOf } from '#lib/address.ts'
import { err, ok, type Result } from '#lib/result.ts'

const timeoutMs = 3000

/** Asks a running relay's admin port. `admin` is an address (`127.0.0.1:7071`, `:7071`) or a URL; a `body` is posted. */
export async function adminFetch(
  admin: string,
  path: string,
  { body, stop }: { readonly body?: string; readonly stop?: AbortSignal } = {},
): Promise<Result<string, string>> {
  const base = baseOf(admin)
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
    return err(
      `no relay answers at ${base.value}: ${error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error)}`,
    )
  }
}

function baseOf(admin: string): Result<string, string> {
  if (/^https?:\/\//.test(admin)) return ok(admin.replace(/\/+$/, ''))
  const address = parseAddress(admin)
  if (!address.ok) return err(`${admin}: ${address.error}`)
  return address.value.kind === 'unix' ? err('the admin port must be a TCP address') : ok(urlOf(address.value))
}
