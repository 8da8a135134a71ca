import { type DestinationStream, type Logger, pino } from 'pino'
import { prettyLine } from './pretty.ts'

export type { Logger } from 'pino'

export type LogOptions = {
  readonly level: string
  readonly format: 'json' | 'pretty'
  /** Takes one line with its line break. */
  readonly write: (line: string) => void
}

/**
 * The log: one JSON object a line, or a line for people. pino's transports are not used: they start a worker from a file,
 * which a single executable does not have.
 */
export function createLog({ level, format, write }: LogOptions): Logger {
  const destination: DestinationStream = format === 'json' ? { write } : { write: (line) => write(prettyLine(line)) }
  return pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
}

// Lines are gathered for this long at most: one system call for many requests.
const flushMs = 20
const flushCharacters = 32_768

/** Gathers lines and writes them together; `flush` before the process ends. */
export function bufferLines(sink: (text: string) => void): {
  readonly write: (line: string) => void
  readonly flush: () => void
} {
  let gathered = ''
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    if (timer !== undefined) clearTimeout(timer)
    timer = undefined
    const text = gathered
    gathered = ''
    if (text !== '') sink(text)
  }
  return {
    write(line) {
      gathered += line
      if (gathered.length >= flushCharacters) return flush()
      timer ??= setTimeout(flush, flushMs).unref()
    },
    flush,
  }
}
