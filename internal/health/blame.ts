import type { AttemptOutcome, RequestEnded } from '#canonical/observe.ts'

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

/** Whether a client got an error or half an answer through no fault of its own; undefined when the fault was its own. */
export function requestFailed({ outcome, status }: Pick<RequestEnded, 'outcome' | 'status'>): boolean | undefined {
  switch (outcome) {
    case 'ok':
    case 'recovered':
      return false
    case 'truncated':
      return true
    case 'failed':
      return status >= 500 || status === 429 ? true : undefined
    case 'rejected':
    case 'cancelled':
      return undefined
  }
}
