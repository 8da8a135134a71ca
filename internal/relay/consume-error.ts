import type { Failure } from '#canonical/failure.ts'
import type { ProviderDialect } from '#dialect/dialect.ts'
import type { Provider } from '#provider/provider.ts'
import type { ResponseHeaders } from '#upstream/call-handler.ts'
import type { Consumer, ConsumerPort } from './consumer.ts'

// An error text longer than this tells nobody more.
const maxErrorBytes = 65_536

/** Reads the body of an error answer and classifies it. */
export function consumeError(
  facts: {
    readonly status: number
    readonly headers: ResponseHeaders
    readonly dialect: ProviderDialect
    readonly provider: Provider
  },
  port: ConsumerPort,
): Consumer {
  const chunks: Uint8Array[] = []
  let size = 0
  const settle = (): void => port.settle({ kind: 'failed', failure: classify(facts, Buffer.concat(chunks).toString('utf8')) })
  return {
    data(bytes) {
      if (size >= maxErrorBytes) return
      chunks.push(bytes)
      size += bytes.length
      if (size >= maxErrorBytes) settle()
    },
    end: settle,
  }
}

function classify(
  facts: {
    readonly status: number
    readonly headers: ResponseHeaders
    readonly dialect: ProviderDialect
    readonly provider: Provider
  },
  body: string,
): Failure {
  const { status, headers, dialect, provider } = facts
  if (status >= 300 && status < 400) {
    return {
      kind: 'malformed',
      phase: 'headers',
      status,
      message: 'the provider answered with a redirect, which is not followed',
    }
  }
  const failure = dialect.decodeError(status, headers, body)
  return provider.refineFailure?.(failure, { status, headers, body }) ?? failure
}
