import type { ProviderConfig } from '#config/config.ts'
import type { Authenticator } from '#provider/provider.ts'
import { type Call, type CallRequest, call } from '#upstream/call.ts'
import type { CallHandler } from '#upstream/call-handler.ts'
import type { Pools, Upstream } from '#upstream/pools.ts'
import { signedHeaders } from './request-headers.ts'

/** Whom a request goes to, and as whom. */
export type Recipient = { readonly provider: ProviderConfig; readonly key: string | undefined }

/**
 * Sends a request with what proves who we are. Where that must be worked out first (a token, a signature) the request waits for
 * it; where the key alone does, it leaves at once.
 */
export function authorizedCall(pools: Pools, { provider, key }: Recipient, request: CallRequest, handler: CallHandler): Call {
  const upstream = pools.to(provider.baseUrl)
  const { authenticator } = provider
  if (authenticator !== undefined) return callWhenAuthorized({ upstream, authenticator, provider, key }, request, handler)
  return call(upstream, { ...request, headers: signedHeaders(request.headers, provider, key) }, handler)
}

type Waiting = Recipient & { readonly upstream: Upstream; readonly authenticator: Authenticator }

function callWhenAuthorized(
  { upstream, authenticator, provider, key }: Waiting,
  request: CallRequest,
  handler: CallHandler,
): Call {
  let running: Call | undefined
  let over = false
  let paused = false
  const watched: CallHandler = {
    ...handler,
    onHead(status, headers) {
      // AWS says 403 of temporary keys that have ended.
      if (status === 401 || status === 403) authenticator.refused(key)
      handler.onHead(status, headers)
    },
  }
  const send = async (): Promise<void> => {
    const outgoing = { ...request, url: new URL(provider.baseUrl + request.path), body: request.body }
    const proof = await authenticator.headers(outgoing, key)
    if (over) return
    if (!proof.ok) {
      over = true
      handler.onFailure(proof.error)
      return
    }
    running = call(upstream, { ...request, headers: { ...request.headers, ...proof.value } }, watched)
    if (paused) running.pause()
  }
  send().catch((error: unknown) => {
    if (over) return
    over = true
    const message = error instanceof Error ? error.message : String(error)
    handler.onFailure({ kind: 'auth', phase: 'connect', code: 'credentials', message })
  })
  return {
    cancel() {
      over = true
      running?.cancel()
    },
    pause() {
      paused = true
      running?.pause()
    },
    resume() {
      paused = false
      running?.resume()
    },
  }
}
