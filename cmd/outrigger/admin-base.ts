import { parseAddress, urlOf } from '#lib/address.ts'
import { err, ok, type Result } from '#lib/result.ts'

/** The URL of a relay's admin port, without a slash at its end. `admin` is an address (`127.0.0.1:7071`, `:7071`) or a URL. */
export function adminBase(admin: string): Result<string, string> {
  if (/^https?:\/\//.test(admin)) return ok(admin.replace(/\/+$/, ''))
  const address = parseAddress(admin)
  if (!address.ok) return err(`${admin}: ${address.error}`)
  return address.value.kind === 'unix' ? err('the admin port must be a TCP address') : ok(urlOf(address.value))
}

/** Nobody answers at this address: why, and the way out. */
export function noAnswer(base: string, error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const why = cause instanceof Error ? cause.message : String(cause)
  return `no relay answers at ${base}: ${why} (is it running? --admin names another address)`
}
