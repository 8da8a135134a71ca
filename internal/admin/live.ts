import type { ServerResponse } from 'node:http'
import type { Clock } from '#lib/clock.ts'

/** The status as server-sent events, for pages that are open. Costs nothing while none is. */
export type Live = {
  /** Sends the status now and every second, until the page goes. False: too many are open. */
  readonly open: (response: ServerResponse) => boolean
}

export type LiveDeps = {
  readonly clock: Clock
  /** Gives the status, or a promise of it; undefined: there is none at the moment. */
  readonly read: () => unknown
}

const intervalMs = 1000
const mostPages = 32
/** How long a browser waits before it connects again. */
const retryMs = 2000

export function createLive({ clock, read }: LiveDeps): Live {
  const pages = new Set<ServerResponse>()
  let stop: (() => void) | undefined

  const send = async (to: Iterable<ServerResponse>): Promise<void> => {
    const status = await read()
    // Nobody knows yet: a worker is starting.
    if (status === undefined) return
    const text = `event: status\ndata: ${JSON.stringify(status)}\n\n`
    // A page that does not keep up gets the next one: each status is whole.
    for (const page of to) if (pages.has(page) && !page.writableNeedDrain) page.write(text)
  }
  const tick = (): void => {
    stop = clock.after(intervalMs, tick, 'background')
    void send(pages)
  }
  return {
    open(response) {
      if (pages.size >= mostPages) return false
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        // nginx would keep events back.
        'x-accel-buffering': 'no',
      })
      response.write(`retry: ${retryMs}\n`)
      pages.add(response)
      void send([response])
      stop ??= clock.after(intervalMs, tick, 'background')
      response.once('close', () => {
        pages.delete(response)
        if (pages.size > 0) return
        stop?.()
        stop = undefined
      })
      return true
    },
  }
}
