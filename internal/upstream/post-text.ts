import { call } from './call.ts'
import type { Pools } from './pools.ts'

export type PostOptions = {
  readonly headers: Readonly<Record<string, string>>
  /** For all of it, in milliseconds. */
  readonly timeoutMs: number
  /** The longest answer that is read. */
  readonly mostBytes: number
}

export type Posted = { readonly status: number; readonly text: string }

/** Posts a text and gives the whole answer, whatever its status. Rejects when there is none in time, and when it is too large. Redirects are not followed. */
export function postText(pools: Pools, url: URL, body: string, { headers, timeoutMs, mostBytes }: PostOptions): Promise<Posted> {
  const { promise, resolve, reject } = Promise.withResolvers<Posted>()
  const chunks: Uint8Array[] = []
  let size = 0
  let status = 0
  const giveUp = (reason: string): void => {
    posted.cancel()
    reject(new Error(reason))
  }
  const posted = call(
    pools.to(url.origin),
    { method: 'POST', path: url.pathname + url.search, headers, body },
    {
      onHead(given) {
        status = given
      },
      onData(bytes) {
        size += bytes.length
        if (size > mostBytes) return giveUp('its answer is too large')
        chunks.push(bytes)
      },
      // Without the mark that Windows tools write in front of text.
      onEnd: () => resolve({ status, text: new TextDecoder().decode(Buffer.concat(chunks)) }),
      onFailure: ({ message }) => reject(new Error(message)),
    },
  )
  const timer = setTimeout(() => giveUp(`no answer within ${timeoutMs} ms`), timeoutMs)
  return promise.finally(() => clearTimeout(timer))
}
