import type { AttemptOutcome } from '#canonical/observe.ts'

/** What an outcome says about the target; `nothing` is the client's mistake, or an attempt that nobody waited for. */
export type Blame = 'ok' | 'error' | 'limited' | 'key' | 'nothing'

/** Client mistakes, contents and context lengths never count against a target; a refused key counts against the key. */
export const blameOf: Readonly<Record<AttemptOutcome, Blame>> = {
  ok: 'ok',
  network: 'error',
  timeout: 'error',
  overloaded: 'error',
  server: 'error',
  malformed: 'error',
  rate_limit: 'limited',
  auth: 'key',
  billing: 'key',
  not_found: 'nothing',
  context_length: 'nothing',
  content_filter: 'nothing',
  invalid_request: 'nothing',
  unsupported: 'nothing',
  cancelled: 'nothing',
  abandoned: 'nothing',
}
