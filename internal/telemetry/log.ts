import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'
import { prettyLine } from './pretty.ts'

export type Logger = PinoLogger & {
  /** Takes a whole line that is JSON already: the quick way for the line of each request. */
  readonly writeLine: (line: string) => void
}

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
  const log = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${isoNow()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
  return Object.assign(log, { writeLine: (line: string) => destination.write(line) })
}

let knownMs = -1
let known = ''

/** The time as the log tells it; many lines are of one millisecond, and writing it out is slow. */
export function isoNow(): string {
  const nowMs = Date.now()
  if (nowMs !== knownMs) {
    knownMs = nowMs
    known = new Date(nowMs).toISOString()
  }
  return known
}
