/** Lines that wait to be written, up to so many bytes; beyond them the oldest are lost. */
export type Backlog = {
  readonly add: (line: string) => void
  /** Takes the oldest lines out, at most so many. */
  readonly take: (most: number) => readonly string[]
  readonly size: () => number
}

export function createBacklog(maxBytes: number, onLost: (count: number) => void): Backlog {
  let lines: string[] = []
  let bytes = 0

  const take = (count: number): readonly string[] => {
    const oldest = lines.slice(0, count)
    lines = lines.slice(count)
    for (const line of oldest) bytes -= Buffer.byteLength(line)
    return oldest
  }
  return {
    add(line) {
      lines.push(line)
      bytes += Buffer.byteLength(line)
      if (bytes <= maxBytes) return
      // A tenth at once: to move all lines for each that is lost would take longer than to write them.
      let lost = 0
      for (let over = bytes - maxBytes * 0.9; over > 0 && lost < lines.length; lost++)
        over -= Buffer.byteLength(lines[lost] ?? '')
      take(lost)
      onLost(lost)
    },
    take,
    size: () => lines.length,
  }
}
