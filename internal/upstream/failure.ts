import type { Failure, Phase } from '#canonical/failure.ts'

/**
 * What an error of the HTTP client means. Codes: undici's `errors.md` and Node's system errors.
 * A connection that broke says nothing about the request, so all of them are `network`; only a slow connect is a `timeout`.
 */
export function failureOfTransport(error: Error, phase: Phase): Failure {
  const code = codeOf(error)
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return { kind: 'timeout', phase: 'connect', code, message: 'no connection within the connect timeout' }
  }
  if (code !== undefined && tlsCodes.has(code)) {
    return { kind: 'network', phase: 'connect', code, message: `TLS: ${error.message}` }
  }
  const told = code === undefined ? undefined : messages[code]
  const failure = {
    kind: 'network',
    phase: connectCodes.has(code ?? '') ? 'connect' : phase,
    message: told ?? error.message,
  } as const
  return code === undefined ? failure : { ...failure, code }
}

/** Several addresses of one host fail together in an AggregateError, whose own code is that of the last one. */
function codeOf(error: Error): string | undefined {
  if ('code' in error && typeof error.code === 'string') return error.code
  const cause = error instanceof AggregateError ? error.errors.at(-1) : error.cause
  return cause instanceof Error ? codeOf(cause) : undefined
}

const messages: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  UND_ERR_SOCKET: 'connection closed by the provider',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name lookup failed for now',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  HPE_INVALID_CONSTANT: 'the provider did not answer in HTTP',
}

const connectCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'])

const tlsCodes = new Set([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])
