/**
 * Takes turns, and begins each round with another one: A B C, B C A, so that what the machine does meanwhile, at random or by a beat
 * of its own, meets all of them. Gives each one's samples.
 */
export async function inTurns<T, Sample>(
  items: readonly T[],
  rounds: number,
  take: (item: T) => Sample | Promise<Sample>,
): Promise<ReadonlyMap<T, readonly Sample[]>> {
  const taken = new Map<T, Sample[]>(items.map((item) => [item, []]))
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < items.length; turn++) {
      const item = items[(round + turn) % items.length]
      if (item !== undefined) taken.get(item)?.push(await take(item))
    }
  }
  return taken
}

/** The middle of one number of all samples; NaN when there are none. */
export function median<Sample>(samples: readonly Sample[], pick: (sample: Sample) => number): number {
  return samples.map(pick).sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN
}

type Costly = { readonly cpuMicroseconds: number }

/**
 * How many times the CPU of `base` something takes: the median of what each round showed. The two lie close together in time, so that a
 * machine that slows down and recovers meanwhile slows both.
 */
export function timesCpu(rounds: readonly Costly[], base: readonly Costly[]): number {
  const ratios = rounds.map(({ cpuMicroseconds }, at) => cpuMicroseconds / (base[at]?.cpuMicroseconds ?? Number.NaN))
  return median(ratios, (ratio) => ratio)
}
