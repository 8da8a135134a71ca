import { median } from './rounds.ts'
import { off, type Turn } from './telemetry-steps.ts'

/** What a step takes, and how many per cent more than `off`: the mean with its standard error, and the median. */
export type More = {
  readonly cpuMicroseconds: number
  readonly mean: number
  readonly error: number
  readonly median: number
  /** How many turns were compared. */
  readonly count: number
}

// A turn at the beginning or the end of the load has fewer.
const fewestRequests = 100
// At both ends: in a turn in which another machine's work came between, nothing is seen of ours.
const cutShare = 0.1

/** Compares the step's turns with the turns of `off` before and after each, in the same process. */
export function moreThanOff(step: string, processes: readonly (readonly Turn[])[]): More {
  const own = processes.flatMap((turns) => turns.filter((turn) => turn.step === step && isFull(turn)))
  const all = processes.flatMap((turns) => comparedTurns(step, turns)).sort((one, other) => one - other)
  const cut = Math.floor(all.length * cutShare)
  const kept = all.slice(cut, all.length - cut)
  const mean = meanOf(kept)
  return {
    cpuMicroseconds: median(own, costOf),
    mean,
    error: errorOfTrimmed(all, cut),
    median: median(all, (value) => value),
    count: all.length,
  }
}

/**
 * The standard error of the mean of what is left when so many are cut off at both ends: those are taken for the last that stayed, since
 * without them the rest would look closer together than it is (Yuen 1974, winsorized variance).
 */
function errorOfTrimmed(sorted: readonly number[], cut: number): number {
  const least = sorted[cut] ?? Number.NaN
  const most = sorted[sorted.length - 1 - cut] ?? Number.NaN
  const drawnIn = sorted.map((value) => Math.min(most, Math.max(least, value)))
  const mean = meanOf(drawnIn)
  const variance = drawnIn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, drawnIn.length - 1)
  const kept = sorted.length - 2 * cut
  return (Math.sqrt(variance) * Math.sqrt(sorted.length)) / kept
}

function comparedTurns(step: string, turns: readonly Turn[]): readonly number[] {
  return turns.flatMap((turn, place) => {
    const around = [turns[place - 1], turns[place + 1]].flatMap((each) => (each?.step === off.name && isFull(each) ? [each] : []))
    if (turn.step !== step || step === off.name || around.length < 2 || !isFull(turn)) return []
    // By logarithms: twice as much and half as much are the same step away from equal.
    return [100 * Math.log(costOf(turn) / meanOf(around.map(costOf)))]
  })
}

function isFull({ requests }: Turn): boolean {
  return requests >= fewestRequests
}

function costOf({ cpuMicroseconds, requests }: Turn): number {
  return cpuMicroseconds / requests
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
