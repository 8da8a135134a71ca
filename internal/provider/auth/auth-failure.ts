import type { Failure } from '#canonical/failure.ts'

/** The failure of credentials that are wrong, missing or refused. The message never holds one. */
export function authFailure(message: string): Failure {
  return { kind: 'auth', phase: 'connect', code: 'credentials', message }
}
