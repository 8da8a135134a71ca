import { type Failure, leftByClient } from '#canonical/failure.ts'
import type { ProviderConfig } from '#config/config.ts'
import { type Body, inPieces } from '#lib/slices/pieces.ts'
import type { ResponseHeaders } from '#upstream/call-handler.ts'
import { authorizedCall } from './authorized-call.ts'
import type { RelayDeps } from './deps.ts'
import type { ClientPort } from './exchange.ts'

/** A request that goes to one provider as it is: no translation, no failover. */
export type Forwarded = {
  readonly provider: ProviderConfig
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the base URL, with its query. */
  readonly path: string
  readonly contentType: string | undefined
  readonly body: Body | undefined
  /** Headers of the client that may go along. */
  readonly forward: Readonly<Record<string, string>>
  readonly requestId: string
  readonly client: ClientPort
}

/** Headers of a provider's answer that a client gets; all else (cookies, edge servers) stays here. */
const answered =
  /^(content-type|content-encoding|content-disposition|retry-after|retry-after-ms|request-id|x-request-id|x-ratelimit-.*|anthropic-ratelimit-.*)$/

/** Sends it and passes the answer on as it comes; gives the provider's status, or why there was none. */
export function forward(
  request: Forwarded,
  deps: Pick<RelayDeps, 'pools' | 'health' | 'clock' | 'config'>,
): Promise<number | Failure> {
  const { provider, client, body } = request
  const keyIndex = deps.health.pickKey(provider.name, Math.max(1, provider.keys.length), deps.clock.now()) ?? 0
  const { promise, resolve } = Promise.withResolvers<number | Failure>()
  let status: number | undefined
  const cancelTimer = deps.clock.after(deps.config().timeouts.total, () =>
    fail({ kind: 'timeout', phase: 'body', message: 'not finished in time' }),
  )
  const finish = (result: number | Failure): void => {
    cancelTimer()
    resolve(result)
  }
  const fail = (failure: Failure): void => {
    running.cancel()
    // After the head nothing can be told any more but by cutting the connection: `end` without the rest would look whole.
    finish(failure)
  }
  const running = authorizedCall(
    deps.pools,
    { provider, key: provider.keys[keyIndex]?.reveal() },
    {
      method: request.method,
      path: request.path,
      headers: {
        accept: '*/*',
        'user-agent': 'outrigger',
        ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
        ...provider.type.headers,
        ...request.forward,
        ...provider.headers,
      },
      ...(body === undefined ? {} : { body: body instanceof Uint8Array ? inPieces(body) : body }),
    },
    {
      onHead(given, headers) {
        status = given
        client.head(given, { ...passed(headers), 'x-outrigger-request-id': request.requestId })
      },
      onData(bytes) {
        if (client.write(bytes)) return
        running.pause()
        client.onDrain(() => running.resume())
      },
      onEnd() {
        client.end()
        finish(status ?? 200)
      },
      onFailure: fail,
    },
  )
  client.onGone(() => fail(leftByClient('body')))
  return promise
}

function passed(headers: ResponseHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => answered.test(name)))
}
