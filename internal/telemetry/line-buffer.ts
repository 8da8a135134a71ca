/** Takes so many of the bytes. They are others as soon as it has returned: what it keeps it must copy. */
export type ByteSink = (bytes: Uint8Array, length: number) => void

export type LineBuffer = {
  /** Takes one line with its line break. */
  readonly write: (line: string) => void
  /** Writes what waits: before the process ends. */
  readonly flush: () => void
}

// Lines are gathered for this long at most: one system call for many requests.
const flushMs = 20
const flushBytes = 32_768
const roomBytes = 2 * flushBytes
// What one of JavaScript's characters can take in UTF-8.
const widestBytes = 3

/** Gathers lines, in the same bytes each time: texts would be garbage twice, as the lines and as all of them in one. */
export function bufferLines(sink: ByteSink): LineBuffer {
  const room = Buffer.allocUnsafeSlow(roomBytes)
  let filled = 0
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    if (timer !== undefined) clearTimeout(timer)
    timer = undefined
    const length = filled
    filled = 0
    if (length > 0) sink(room, length)
  }
  return {
    write(line) {
      const mostBytes = line.length * widestBytes
      if (mostBytes > roomBytes - filled) flush()
      if (mostBytes > roomBytes) {
        const bytes = Buffer.from(line)
        return sink(bytes, bytes.length)
      }
      filled += room.write(line, filled)
      if (filled >= flushBytes) return flush()
      timer ??= setTimeout(flush, flushMs).unref()
    },
    flush,
  }
}
