import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** How long and how often is measured. */
export type Settings = {
  /** The length of one measurement. */
  readonly seconds: number
  /** How often each measurement is taken; the median counts. */
  readonly rounds: number
  /**
   * Load for nothing before a relay is measured, in seconds. V8's compilers need tens of thousands of requests until they have settled:
   * until then a relay in JavaScript takes up to twice as long for each.
   */
  readonly warmUp: number
  /** Connections at once, where a table does not vary them. */
  readonly connections: number
  /** The names of the relays to compare; undefined: all. */
  readonly relays: readonly string[] | undefined
  /** Where competitors are installed, and found again by the next run. */
  readonly cache: string
}

/** The options of the command line that become settings. */
export const settingOptions = {
  seconds: { type: 'string', default: '1' },
  rounds: { type: 'string', default: '3' },
  'warm-up': { type: 'string', default: '8' },
  connections: { type: 'string', default: '64' },
  relays: { type: 'string' },
  cache: { type: 'string', default: join(tmpdir(), 'outrigger-bench-cache') },
} as const

type Given = {
  readonly seconds: string
  readonly rounds: string
  readonly 'warm-up': string
  readonly connections: string
  readonly relays?: string | undefined
  readonly cache: string
}

/** What the command line gave, as settings. Throws for what is no number. */
export function readSettings(given: Given): Settings {
  return {
    seconds: positive('seconds', given.seconds),
    rounds: positive('rounds', given.rounds),
    warmUp: positive('warm-up', given['warm-up']),
    connections: positive('connections', given.connections),
    relays: given.relays?.split(','),
    cache: given.cache,
  }
}

/** An option that is a number of something. Throws for what is none. */
export function positive(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} wants a whole number from 1 on, not ${text}`)
  return value
}
