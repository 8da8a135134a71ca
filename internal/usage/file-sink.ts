import { type FileHandle, open, stat } from 'node:fs/promises'
import type { Clock } from '#lib/clock.ts'
import { createBacklog } from './backlog.ts'
import type { Sink, SinkTold } from './sink.ts'

export type FileSinkOptions = { readonly path: string; readonly clock: Clock; readonly told: SinkTold }

const intervalMs = 1000
const linesAtOnce = 1000
const maxPendingBytes = 16 * 1024 * 1024

/**
 * Lines at the end of a file, once a second. The file may be moved away or removed (logrotate and its like): before each
 * writing it is looked whether the name still leads to the open file. Several processes may write to one file.
 */
export function createFileSink({ path, clock, told }: FileSinkOptions): Sink {
  const backlog = createBacklog(maxPendingBytes, (count) => told.lost(count, 'no_room'))
  let file: FileHandle | undefined
  // What is being written; after a full disk the rest of it.
  let held: { rest: Buffer; readonly lines: number } | undefined
  let working = Promise.resolve()
  let cancel: (() => void) | undefined

  const writeOut = async (): Promise<void> => {
    while (held !== undefined || backlog.size() > 0) {
      file = await openAgain(file, path)
      held ??= packed(backlog.take(linesAtOnce))
      while (held.rest.length > 0) {
        const { bytesWritten } = await file.write(held.rest)
        held.rest = held.rest.subarray(bytesWritten)
      }
      told.written(held.lines)
      held = undefined
    }
  }
  const flush = (): Promise<void> => {
    cancel?.()
    cancel = undefined
    working = working.then(writeOut).catch((error: unknown) => {
      told.failed(error)
      schedule()
    })
    return working
  }
  const schedule = (): void => {
    cancel ??= clock.after(intervalMs, () => void flush(), 'background')
  }
  return {
    add(line) {
      backlog.add(line)
      schedule()
    },
    pending: () => backlog.size() + (held?.lines ?? 0),
    async close() {
      await flush()
      cancel?.()
      const left = backlog.size() + (held?.lines ?? 0)
      if (left > 0) told.lost(left, 'stopped')
      await file?.close()
    },
  }
}

function packed(lines: readonly string[]): { rest: Buffer; readonly lines: number } {
  return { rest: Buffer.from(lines.join('')), lines: lines.length }
}

/** The file that the name leads to now. */
async function openAgain(file: FileHandle | undefined, path: string): Promise<FileHandle> {
  if (file === undefined) return await open(path, 'a', 0o640)
  const [held, named] = await Promise.all([file.stat(), stat(path).catch(() => undefined)])
  if (named !== undefined && named.ino === held.ino && named.dev === held.dev) return file
  const opened = await open(path, 'a', 0o640)
  await file.close()
  return opened
}
