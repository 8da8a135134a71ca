import { randomUUID } from 'node:crypto'
import type { UsageHttpConfig } from '#config/config.ts'
import type { Clock } from '#lib/clock.ts'
import { createBacklog } from './backlog.ts'
import type { Sink, SinkTold } from './sink.ts'

/** Posts a text and gives the answer's status; rejects when there is none in time. */
export type PostLines = (url: string, body: string, headers: Readonly<Record<string, string>>) => Promise<number>

export type HttpSinkOptions = {
  readonly settings: UsageHttpConfig
  readonly post: PostLines
  readonly clock: Clock
  readonly told: SinkTold
}

const firstWaitMs = 1000
const longestWaitMs = 60_000

/**
 * Lines to a server, in batches, in order, one after the other. A batch that did not arrive is sent again with the same
 * `x-outrigger-batch-id`, so that a receiver that took it all the same can tell.
 */
export function createHttpSink({ settings, post, clock, told }: HttpSinkOptions): Sink {
  const backlog = createBacklog(settings.max_pending, (count) => told.lost(count, 'no_room'))
  let failures = 0
  // It stays as it is until it is through.
  let batch: { readonly id: string; readonly lines: readonly string[] } | undefined
  let sending: Promise<void> | undefined
  let cancel: (() => void) | undefined

  /** Gives whether the batch is through. */
  const sendBatch = async (): Promise<boolean> => {
    batch ??= { id: randomUUID(), lines: backlog.take(settings.batch) }
    const { lines } = batch
    const outcome = await deliver(batch)
    if (outcome instanceof Error) {
      failures++
      told.failed(outcome)
      return false
    }
    batch = undefined
    failures = 0
    if (outcome === 'taken') told.written(lines.length)
    else told.lost(lines.length, 'refused')
    return true
  }
  const deliver = async ({ id, lines }: NonNullable<typeof batch>): Promise<'taken' | 'refused' | Error> => {
    const token = settings.token?.reveal() ?? ''
    const headers = {
      'content-type': 'application/x-ndjson',
      'user-agent': 'outrigger',
      'x-outrigger-batch-id': id,
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    }
    try {
      const status = await post(settings.url, lines.join(''), headers)
      if (status >= 200 && status <= 299) return 'taken'
      // What the receiver refuses it will refuse again; a wrong secret will be put right.
      const again = status >= 500 || [401, 403, 404, 408, 425, 429].includes(status)
      return again ? new Error(`status ${status}`) : 'refused'
    } catch {
      // The error's message may quote the URL.
      return new Error('no answer')
    }
  }
  const pending = (): number => backlog.size() + (batch?.lines.length ?? 0)
  const work = async (): Promise<void> => {
    while (pending() > 0) if (!(await sendBatch())) return
  }
  const send = (): Promise<void> => {
    cancel?.()
    cancel = undefined
    sending ??= work().finally(() => {
      sending = undefined
      if (pending() > 0) schedule()
    })
    return sending
  }
  const schedule = (): void => {
    const waitMs = failures === 0 ? settings.interval : Math.min(firstWaitMs * 2 ** (failures - 1), longestWaitMs)
    cancel ??= clock.after(waitMs, () => void send(), 'background')
  }
  return {
    add(line) {
      backlog.add(line)
      if (failures === 0 && sending === undefined && backlog.size() >= settings.batch) void send()
      else if (sending === undefined) schedule()
    },
    pending,
    async close() {
      await sending
      await send()
      cancel?.()
      const left = pending()
      if (left > 0) told.lost(left, 'stopped')
    },
  }
}
