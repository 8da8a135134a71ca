/** A part of telemetry that is turned on and off. */
export type Part = 'metrics' | 'log' | 'traces'

/** Which parts are on for a while. */
export type Step = { readonly name: string; readonly on: readonly Part[] }

export const off: Step = { name: 'off', on: [] }

/** Each is compared with `off` before and after it; the last shows how far what is said of the others can be believed. */
export const compared: readonly Step[] = [
  { name: 'metrics', on: ['metrics'] },
  { name: '+ log', on: ['metrics', 'log'] },
  { name: '+ traces', on: ['metrics', 'log', 'traces'] },
  { name: 'off again', on: [] },
]

/** What a relay took in one such while, of the time in which nothing was changed. */
export type Turn = { readonly step: string; readonly cpuMicroseconds: number; readonly requests: number }

const between = '\t'

/** The turn as a line of a file, with its line break. */
export function writeTurn({ step, cpuMicroseconds, requests }: Turn): string {
  return `${[step, cpuMicroseconds, requests].join(between)}\n`
}

/** The turns that stand in such a file. */
export function readTurns(text: string): readonly Turn[] {
  return text.split('\n').flatMap((line) => {
    const [step, cpuMicroseconds, requests] = line.split(between)
    if (step === undefined || requests === undefined) return []
    return [{ step, cpuMicroseconds: Number(cpuMicroseconds), requests: Number(requests) }]
  })
}
